import { rm } from 'node:fs/promises';
import { createApiKey, createService, type ModelStore, type ServableModel } from 'traineragent/serve';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { promoted } from '../../src/tools/serve/model-labels.ts';
import { readMetrics } from './read-metrics.ts';
import { predictRequest, sampleRecord } from './sample-service.ts';
import { storeOf, threeModels } from './sample-store.ts';

let models: readonly ServableModel[];
let folder: string;
let store: ModelStore;
beforeAll(async () => {
  models = await threeModels();
});
beforeEach(async () => {
  ({ folder, store } = await storeOf(models));
});
afterEach(() => rm(folder, { recursive: true }));
const hashOf = (i: number): string => models[i]!.hash;

describe('a canary', () => {
  it('that predicts otherwise is taken back without anybody asking, in the store too', async () => {
    await store.change((labels) => promoted(labels, { version: hashOf(2), label: 'canary', share: 0.5 }));
    await using service = await createService({ store }, { workers: 1 });
    const records = new Array(100).fill(sampleRecord);
    const seen = new Set<string | null>();
    for (let i = 0; service.releases!.labels.canary !== undefined; i++) {
      expect(i).toBeLessThan(200);
      const response = await service.fetch(predictRequest(records, { 'x-sticky-key': `client-${i}` }));
      expect(response.status).toBe(200);
      seen.add(response.headers.get('x-model-version'));
    }
    expect([...seen].sort()).toEqual([hashOf(0), hashOf(2)].sort());
    expect(await store.labels()).toMatchObject({ stable: hashOf(0), last: { label: 'canary', why: 'predictions' } });
    for (let i = 0; i < 20; i++) {
      const response = await service.fetch(predictRequest(sampleRecord, { 'x-sticky-key': `client-${i}` }));
      expect(response.headers.get('x-model-version')).toBe(hashOf(0));
    }
    const { metric } = await readMetrics(service);
    expect(metric('traineragent_label_info', { label: 'canary', version: hashOf(2).slice(0, 12) })).toBeUndefined();
    expect(metric('traineragent_label_revision')).toBe(3);
  });
});

describe('a shadow', () => {
  it('predicts what was answered, is compared, and never answers', async () => {
    await store.change((labels) => promoted(labels, { version: hashOf(1), label: 'shadow' }));
    await using service = await createService({ store }, { workers: 1 });
    for (let i = 0; i < 20; i++) {
      const response = await service.fetch(predictRequest({ ...sampleRecord, tenure: i, usage: 100 * i - 1000 }));
      expect(response.headers.get('x-model-version')).toBe(hashOf(0));
    }
    const count = async () => {
      const { metric } = await readMetrics(service);
      const of = (result: string) => metric('traineragent_shadow_rows', { result }) ?? 0;
      return { same: of('same'), other: of('other'), dropped: of('dropped'), failed: of('failed') };
    };
    let counts = await count();
    while (counts.same + counts.other + counts.dropped + counts.failed < 20) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      counts = await count();
    }
    expect(counts.same).toBeGreaterThan(0);
    expect(counts.failed).toBe(0);
  });

  it('gets nothing of what is too much', async () => {
    await store.change((labels) => promoted(labels, { version: hashOf(1), label: 'shadow' }));
    await using service = await createService({ store }, { workers: 1 });
    expect((await service.fetch(predictRequest(new Array(500).fill(sampleRecord)))).status).toBe(200);
    const { metric } = await readMetrics(service);
    expect(metric('traineragent_shadow_rows', { result: 'dropped' })).toBe(500);
  });
});

describe('outcomes', () => {
  const keys = (['predict', 'outcomes', 'metrics'] as const).map((scope) => createApiKey(scope, [scope]));
  const [predict, outcomes, metrics] = keys.map(({ key }) => ({ authorization: `Bearer ${key}` }));

  it('that come later make a score with its interval, by version', async () => {
    await using service = await createService(models[0]!, { workers: 1, keys: keys.map(({ stored }) => stored) });
    const headers = { ...predict, 'x-request-id': 'order-7' };
    const { predictions } = (await (
      await service.fetch(predictRequest([sampleRecord, sampleRecord], headers))
    ).json()) as { predictions: { prediction: string }[] };
    const truths = [
      { requestId: 'order-7', truth: predictions[0]!.prediction },
      { requestId: 'order-7', record: 1, truth: 'something else' },
      { requestId: 'order-8', truth: 'SECRET' },
    ];
    const send = async (body: unknown, who = outcomes) => service.fetch(predictRequest(body, who, '/v1/outcomes'));
    expect((await send(truths, predict)).status).toBe(403);
    expect(await (await send(truths)).json()).toEqual({ joined: 2, unknown: 1, repeated: 0, invalid: 0 });
    expect(await (await send(truths[0])).json()).toEqual({ joined: 0, unknown: 0, repeated: 1, invalid: 0 });
    const bad = await send([truths[0], { requestId: 'order-7', truth: { a: 'SECRET' } }]);
    expect(bad.status).toBe(400);
    expect(await bad.text()).not.toContain('SECRET');
    const scores = await service.fetch(new Request('http://localhost/v1/scores', { headers: metrics! }));
    expect(await scores.json()).toEqual({
      waiting: 2,
      scores: [
        {
          version: hashOf(0),
          metric: 'accuracy',
          value: 0.5,
          interval: [expect.closeTo(0.0945, 3), expect.closeTo(0.9055, 3)],
          count: 2,
        },
      ],
    });
    const { metric, text } = await readMetrics(service, metrics);
    const labels = { version: hashOf(0).slice(0, 12), metric: 'accuracy' };
    expect(metric('traineragent_live_score', { ...labels, of: 'value' })).toBe(0.5);
    expect(metric('traineragent_live_score', { ...labels, of: 'count' })).toBe(2);
    expect(text).not.toMatch(/SECRET|order-7/);
  });
});
