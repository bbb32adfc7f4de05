import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey, createService, modelStore } from 'traineragent/serve';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/core/run-lock.ts';
import { openOutcomeLog } from '../../src/server/outcome-log.ts';
import { LiveScores } from '../../src/tools/serve/live-score.ts';
import { promoted } from '../../src/tools/serve/model-labels.ts';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-outcomes-'));
});
afterEach(() => rm(folder, { recursive: true }));

const problems: unknown[] = [];
/** Scores whose entries go to a log in the folder, and what closes it. */
async function opened(maxBytes?: number, now = () => 0) {
  const scores: LiveScores = new LiveScores({ predictions: 1000, keepMs: 10_000 }, now, {
    onEntry: (entry) => log.write(entry),
  });
  const log = await openOutcomeLog({
    folder,
    scores,
    lock: takeLock,
    onProblem: (error) => problems.push(error),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  return { scores, log };
}

describe('a log of outcomes', () => {
  it('gives scores and predictions that wait back, after the process has ended', async () => {
    const first = await opened();
    first.scores.keep('a', 'v1', ['yes', 'no']);
    first.scores.keep('b', 'v2', [1.5]);
    expect([first.scores.join('a', 0, 'yes'), first.scores.join('b', 0, 2)]).toEqual(['joined', 'joined']);
    await first.log.close();
    const second = await opened();
    expect(second.scores.scores()).toEqual(first.scores.scores());
    expect(second.scores.waiting).toBe(3);
    expect([second.scores.join('a', 0, 'yes'), second.scores.join('a', 1, 'yes')]).toEqual(['repeated', 'joined']);
    await second.log.close();
    const late = await opened(undefined, () => 10_000);
    expect(late.scores.join('a', 1, 'no')).toBe('unknown');
    await late.log.close();
    expect(problems).toEqual([]);
  });

  it('reads what a crash left, without the line that it cut short', async () => {
    const first = await opened();
    first.scores.keep('a', 'v1', ['yes']);
    await first.log.close();
    await appendFile(join(folder, 'outcomes.ndjson'), '{"kind":"joined","id":"a","rec');
    const second = await opened();
    expect(second.scores.join('a', 0, 'yes')).toBe('joined');
    await second.log.close();
    const third = await opened();
    expect(third.scores.scores()).toMatchObject([{ version: 'v1', value: 1, count: 1 }]);
    await third.log.close();
  });

  it('passes over lines that are no entries', async () => {
    const lines = [
      'null',
      '[]',
      '1',
      '{"kind":"joined","version":"v","value":"x"}',
      '{"kind":"kept"}',
      '{"kind":"sums"}',
    ];
    await writeFile(join(folder, 'outcomes.ndjson'), `${lines.join('\n')}\n`);
    const { scores, log } = await opened();
    expect(scores.waiting).toBe(0);
    await log.close();
  });

  it('is bounded, and loses no score when its oldest entries go', async () => {
    let all = await opened(20_000);
    for (let i = 0; i < 2000; i++) {
      all.scores.keep(`request-${i}`, 'v1', ['yes']);
      all.scores.join(`request-${i}`, 0, i % 4 === 0 ? 'no' : 'yes');
      if (i % 100 < 99) continue;
      await all.log.close();
      all = await opened(20_000);
    }
    const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes).toHaveLength(2);
    // A file, and what was written at once when it became full.
    expect(Math.max(...sizes)).toBeLessThan(45_000);
    expect(all.scores.scores()).toMatchObject([{ value: expect.closeTo(0.75, 12), count: 2000 }]);
    await all.log.close();
  });

  it('is of one service at a time', async () => {
    const { log } = await opened();
    await expect(opened()).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    await log.close();
    await (await opened()).log.close();
  });
});

describe('a service of a store', () => {
  it('that is started again joins outcomes with what was predicted before', async () => {
    const model = await sampleFile('binary');
    const store = modelStore(folder);
    const card = { model: model.hash, outcomeScore: { metric: 'accuracy', value: 0.8, low: 0.7, high: 0.9 } };
    await store.add(model.bytes, JSON.stringify({ ...card, request: { prompt: 'SECRET' } }));
    expect(await store.expected(model.hash)).toEqual({
      of: 'vault',
      metric: 'accuracy',
      value: 0.8,
      interval: [0.7, 0.9],
    });
    await store.change((labels) => promoted(labels, { version: model.hash, label: 'stable' }));
    const { key, stored } = createApiKey('all', ['predict', 'outcomes', 'admin']);
    const headers = { authorization: `Bearer ${key}` };
    const open = () => createService({ store, onProblem: (e) => problems.push(e) }, { workers: 1, keys: [stored] });
    const outcome = async (service: Awaited<ReturnType<typeof open>>, record: number, truth: string) =>
      (
        await service.fetch(predictRequest({ requestId: 'r1', record, truth }, headers, '/v1/outcomes'))
      ).json() as Promise<{ joined: number }>;
    {
      await using service = await open();
      const sent = predictRequest([sampleRecord, { ...sampleRecord, plan: 'SECRET' }], {
        ...headers,
        'x-request-id': 'r1',
      });
      expect((await service.fetch(sent)).status).toBe(200);
      expect(await outcome(service, 0, 'no')).toMatchObject({ joined: 1 });
    }
    await using service = await open();
    expect(await outcome(service, 0, 'no')).toMatchObject({ joined: 0, repeated: 1 });
    expect(await outcome(service, 1, 'no')).toMatchObject({ joined: 1 });
    const shown = await service.fetch(new Request('http://localhost/v1/drift', { headers }));
    expect(await shown.json()).toMatchObject({
      versions: [{ score: { count: 2, expected: { of: 'vault', value: 0.8 }, isWorse: false } }],
    });
    const file = await readFile(join(folder, 'outcomes', 'outcomes.ndjson'), 'utf8');
    expect(file).not.toMatch(/SECRET|basic|tenure/);
    expect(await readFile(join(folder, 'models', `${model.hash}.score.json`), 'utf8')).not.toContain('SECRET');
    expect(problems).toEqual([]);
  });

  it('whose folder may not be written to serves all the same, and says so', async () => {
    const model = await sampleFile('binary');
    const store = modelStore(folder);
    await store.add(model.bytes);
    await store.change((labels) => promoted(labels, { version: model.hash, label: 'stable' }));
    await writeFile(join(folder, 'outcomes'), 'a file where a folder would be');
    const told: unknown[] = [];
    await using service = await createService({ store, onProblem: (error) => told.push(error) }, { workers: 1 });
    expect((await service.fetch(predictRequest(sampleRecord))).status).toBe(200);
    expect(told).toMatchObject([{ code: 'STORE_FAILED' }]);
    const outcomes = { folder: join(folder, 'outcomes') };
    await expect(createService(model, { workers: 1, outcomes })).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
