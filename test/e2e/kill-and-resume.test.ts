import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalBody, JournalRecord } from '../../src/core/journal-record.ts';
import { readJournal } from '../../src/core/run-folder.ts';
import { fileStore, type RunEvent, type RunRequest, stop, Trainer } from '../../src/index.ts';
import { startHost } from './host.ts';
import { complete, csvOf, quickRequest, sampleRows } from './sample.ts';

const isLong = process.env.TRAINERAGENT_LONG === '1';
/** Records behind which a run is killed; all of them in the long tests. */
const pointCount = 22;

let folder = '';
let request: RunRequest;
let reference: { readonly hash: string; readonly records: readonly JournalRecord[] };

const journalPath = (name: string) => join(folder, name, 'run', 'journal.jsonl');
const recordsOf = (name: string) => readJournal(readFileSync(journalPath(name))).records;
const callsOf = (records: readonly JournalRecord[], tool?: string) =>
  records.flatMap(({ body }) => (body.kind === 'call' && (tool === undefined || body.at.name === tool) ? [body] : []));
const nameOf = ({ at }: Extract<JournalBody, { kind: 'call' }>) => `${at.stage} ${at.name} ${at.ordinal}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-kill-'));
  const data = join(folder, 'rows.csv');
  await writeFile(data, csvOf(sampleRows(200)));
  // The long tests run trees too, with their threads.
  request = isLong
    ? { ...quickRequest({ data, budget: { workUnits: 600 }, runId: 'run' }), answers: {} }
    : quickRequest({ data, runId: 'run' });
  const outcome = complete(await new Trainer({ store: fileStore(join(folder, 'reference')) }).run(request).result);
  reference = { hash: outcome.model.hash, records: recordsOf('reference') };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Goes on with a run in this process, and says which calls it made. */
async function resumed(name: string): Promise<{ readonly hash: string; readonly called: readonly string[] }> {
  const run = new Trainer({ store: fileStore(join(folder, name)) }).resume('run');
  const called: string[] = [];
  for await (const event of run)
    if (event.type === 'tool-call' && event.phase === 'start')
      called.push(`${event.stage} ${event.tool} ${event.ordinal}`);
  return { hash: complete(await run.result).model.hash, called };
}

describe('a run whose process is killed', () => {
  it(
    'ends with the same model, and computes nothing again that was recorded, wherever it was killed',
    async () => {
      const last = reference.records.length;
      expect(last).toBeGreaterThan(30);
      const points = isLong
        ? Array.from({ length: last }, (_, i) => i + 1)
        : Array.from({ length: pointCount }, (_, i) => 1 + Math.round((i * (last - 1)) / (pointCount - 1)));
      expect(new Set(points).size).toBeGreaterThanOrEqual(20);
      const oneAfterAnother = async (own: readonly number[]) => {
        for (const point of own) {
          const name = `killed-${point}`;
          // Held behind its record, or killed as it goes on from there.
          const holds = point % 2 === 1 && point > 1; // the first record is written before there are events
          const host = startHost({ folder: join(folder, name), request, ...(holds ? { holdAt: point } : {}) });
          if (holds) expect(await host.until((line) => line.holds === point)).toBeDefined();
          else await untilRecord(name, point);
          await host.kill();
          const before = recordsOf(name);
          expect(before.length).toBeGreaterThanOrEqual(point);
          const { hash, called } = await resumed(name);
          expect({ point, hash }).toEqual({ point, hash: reference.hash });
          const after = recordsOf(name);
          const recorded = new Set(callsOf(before).map(nameOf));
          expect(called.filter((call) => recorded.has(call))).toEqual([]);
          expect(callsOf(after).map(nameOf)).toEqual(callsOf(reference.records).map(nameOf));
          expect(callsOf(after, 'trial').map(({ output }) => output)).toEqual(
            callsOf(reference.records, 'trial').map(({ output }) => output),
          );
          expect(after.filter(({ body }) => body.kind === 'vault-read')).toHaveLength(1);
          expect({ point, complaints: await host.complaints() }).toEqual({ point, complaints: '' });
          await rm(join(folder, name), { recursive: true, force: true });
        }
      };
      await Promise.all([
        oneAfterAnother(points.filter((_, i) => i % 2 === 0)),
        oneAfterAnother(points.filter((_, i) => i % 2 === 1)),
      ]);
    },
    isLong ? 3_600_000 : 600_000,
  );

  it('can be killed again and again', async () => {
    for (const holdAt of [6, 20, 31, 40]) {
      const host = startHost({
        folder: join(folder, 'again'),
        ...(holdAt === 6 ? { request } : { resume: 'run' }),
        holdAt,
      });
      expect(await host.until((line) => line.holds === holdAt)).toBeDefined();
      await host.kill();
    }
    expect((await resumed('again')).hash).toBe(reference.hash);
    expect(callsOf(recordsOf('again')).map(nameOf)).toEqual(callsOf(reference.records).map(nameOf));
  });

  it('locks its run while it lives, and no longer', async () => {
    const host = startHost({ folder: join(folder, 'locked'), request, holdAt: 12 });
    await host.until((line) => line.holds === 12);
    await expect(new Trainer({ store: fileStore(join(folder, 'locked')) }).resume('run').result).rejects.toMatchObject({
      code: 'RUN_LOCKED',
      details: { pid: host.process.pid },
    });
    await host.kill();
    expect((await resumed('locked')).hash).toBe(reference.hash);
  });

  it('goes on in another process where it was paused', { timeout: 300_000 }, async () => {
    const open = { ...request, prompt: 'Predict the outcome' };
    const host = startHost({ folder: join(folder, 'paused'), request: open });
    expect(await host.until(({ status }) => status !== undefined)).toEqual({ status: 'paused' });
    const calls = callsOf(recordsOf('paused')).map(nameOf);
    const run = new Trainer({ store: fileStore(join(folder, 'paused')) }).resume('run', {
      answers: { 'task.target': { target: 'label' } },
    });
    const heard: RunEvent[] = [];
    for await (const event of run) heard.push(event);
    expect(complete(await run.result).task.target).toMatchObject({ value: 'label' });
    expect(callsOf(recordsOf('paused')).map(nameOf).slice(0, calls.length)).toEqual(calls);
    expect(heard.filter(({ type }) => type === 'run-start')).toHaveLength(1);
  });
});

describe('a run that has ended', () => {
  it('stays declined where the host stopped it, also when it is resumed without the decider', async () => {
    const store = fileStore(join(folder, 'stopped'));
    const trainer = new Trainer({ store });
    trainer.decide('task.plan', () => stop('Not today.'));
    const first = await trainer.run(request).result;
    const again = await new Trainer({ store }).resume('run').result;
    expect(first).toMatchObject({ status: 'declined', verdict: { reasons: [{ code: 'STOPPED_BY_HOST' }] } });
    expect(again.facts).toEqual(first.facts);
  });

  it('gives the same outcome when it is resumed, and computes and writes nothing', async () => {
    const store = fileStore(join(folder, 'reference'));
    const bytes = readFileSync(journalPath('reference'));
    const first = complete(await new Trainer({ store }).resume('run').result);
    const second = await resumed('reference');
    expect(second).toEqual({ hash: reference.hash, called: [] });
    expect(first.model.hash).toBe(reference.hash);
    const { facts } = complete(await new Trainer({ store }).resume('run').result);
    expect(facts).toEqual(first.facts);
    expect(readFileSync(journalPath('reference'))).toEqual(bytes);
  });

  it('tells the same facts whether it was resumed or not', async () => {
    const name = 'facts';
    const run = new Trainer({ store: fileStore(join(folder, name)) }).run(request);
    const { facts } = await run.result;
    const again = await new Trainer({ store: fileStore(join(folder, name)) }).resume('run').result;
    expect(again.facts).toEqual(facts);
    const first = recordsOf(name)[0]!.body;
    expect(facts.startedAt).toBe(new Date(first.kind === 'run' ? first.time : 0).toISOString());
    // A number's record is the one that holds it.
    const number = Number(facts.scores[0]!.record!.slice(1));
    expect(recordsOf(name)[number - 1]!.body).toMatchObject({ kind: 'call', at: { name: 'evaluate' } });
  });
});

/** Resolves when a journal has so many records; a last line that is being written counts as none. */
async function untilRecord(name: string, count: number): Promise<void> {
  for (;;) {
    try {
      if (readFileSync(journalPath(name)).filter((byte) => byte === 10).length >= count) return;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
