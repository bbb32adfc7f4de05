import {
  createApiKey,
  createService,
  type DriftEvent,
  type DriftReport,
  mergeDrift,
  type ServableModel,
} from 'traineragent/serve';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRecordEncoder } from '../../src/tools/artefact/encode-records.ts';
import { DriftMonitor } from '../../src/tools/serve/drift/drift-monitor.ts';
import { defaultDriftLimits } from '../../src/tools/serve/drift/measure-drift.ts';
import { readTrainingFacts } from '../../src/tools/serve/drift/reference.ts';
import { readMetrics } from './read-metrics.ts';
import { predictRequest, recordsOf, sampleFile, sampleRecord, watchedFile } from './sample-service.ts';

let watched: ServableModel;
beforeAll(async () => {
  watched = await watchedFile();
});
const admin = createApiKey('ops', ['admin', 'predict', 'metrics', 'outcomes']);
const shop = createApiKey('shop', ['predict']);
const keys = [admin.stored, shop.stored];
const headers = { authorization: `Bearer ${admin.key}` };

describe('a service', () => {
  it('tells of drift with the second window in a row, to its host, in metrics and to admins; without a value', async () => {
    const events: DriftEvent[] = [];
    await using service = await createService(watched, {
      workers: 1,
      keys,
      name: 'churn',
      onDrift: (e) => events.push(e),
    });
    const send = async (seed: string, change = {}) =>
      expect((await service.fetch(predictRequest(recordsOf(500, seed, change), headers))).status).toBe(200);
    await send('a');
    await send('b');
    expect(events).toEqual([]);
    await send('c', { plan: 'SECRET', tenure: null });
    expect(events).toEqual([]);
    await send('d', { plan: 'SECRET', tenure: null });
    expect(events).toHaveLength(1);
    const [event] = events;
    expect(event).toMatchObject({
      type: 'drift',
      windowRows: 500,
      model: { name: 'churn', version: watched.hash, task: 'binary', target: 'target', metric: 'f1', columns: 6 },
      prediction: { psi: expect.any(Number) },
    });
    expect(event!.columns.map(({ column, alarms }) => [column, alarms])).toEqual([
      ['plan', ['distribution', 'unseen']],
      ['tenure', ['distribution', 'missing']],
    ]);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
    expect(JSON.stringify(event)).not.toContain('SECRET');

    const { metric, text } = await readMetrics(service, headers);
    const version = watched.hash.slice(0, 12);
    expect(metric('traineragent_drift', { version, column: 'tenure', of: 'missing' })).toBe(1);
    expect(metric('traineragent_drift', { version, column: 'tenure', of: 'psi' })).toBeGreaterThan(1);
    expect(metric('traineragent_drift_alarm', { version, column: 'tenure' })).toBe(1);
    expect(metric('traineragent_drift_alarm', { version, column: 'usage' })).toBe(0);
    expect(metric('traineragent_drift_windows', { version })).toBe(4);
    expect(text).not.toContain('SECRET');

    const ask = (key: string) =>
      service.fetch(new Request('http://localhost/v1/drift', { headers: { authorization: `Bearer ${key}` } }));
    expect((await ask(shop.key)).status).toBe(403);
    const { versions } = (await (await ask(admin.key)).json()) as { versions: { window: { columns: object[] } }[] };
    expect(versions).toMatchObject([{ version: watched.hash, hasReference: true, pending: 0, window: { window: 4 } }]);
    expect(versions[0]!.window.columns).toHaveLength(6);
  });

  it('tells of a score that has fallen, which outcomes bring', async () => {
    const events: DriftEvent[] = [];
    await using service = await createService(watched, {
      workers: 1,
      keys,
      drift: { outcomeRows: 50 },
      onDrift: (event) => events.push(event),
    });
    const turn = async (id: string, share: number) => {
      const sent = predictRequest(recordsOf(50, id), { ...headers, 'x-request-id': id });
      const { predictions } = (await (await service.fetch(sent)).json()) as { predictions: { prediction: string }[] };
      const truths = predictions.map(({ prediction }, record) => ({
        requestId: id,
        record,
        truth: record < share * 50 ? prediction : 'other',
      }));
      await service.fetch(predictRequest(truths, headers, '/v1/outcomes'));
    };
    await turn('good', 0.9);
    await turn('bad', 0.6);
    await turn('good-again', 0.9);
    await turn('worse', 0.6);
    expect(events).toEqual([]);
    await turn('worst', 0.5);
    expect(events).toMatchObject([
      {
        columns: [],
        score: {
          metric: 'accuracy',
          value: 0.5,
          count: 50,
          isWorse: true,
          expected: { of: 'validation', value: 0.9 },
        },
      },
    ]);
    const { metric } = await readMetrics(service, headers);
    expect(metric('traineragent_live_score_alarm', { version: watched.hash.slice(0, 12) })).toBe(1);
  });

  it('serves a file without a reference, and says that there is none', async () => {
    const plain = await sampleFile('binary');
    const events: DriftEvent[] = [];
    await using service = await createService(plain, { workers: 1, keys, onDrift: (event) => events.push(event) });
    for (let i = 0; i < 2; i++) await service.fetch(predictRequest(new Array(600).fill(sampleRecord), headers));
    const response = await service.fetch(new Request('http://localhost/v1/drift', { headers }));
    expect(await response.json()).toEqual({
      versions: [{ version: plain.hash, hasReference: false, pending: 0, window: null, score: null }],
    });
    expect(events).toEqual([]);
  });

  it('has windows that can be made one with those of others', async () => {
    const one = new DriftMonitor(watched.signature, readTrainingFacts(watched.bytes).reference!, {
      ...defaultDriftLimits,
      windowRows: 500,
    });
    const report = (seed: string, change = {}): DriftReport => {
      const { tensors } = createRecordEncoder(watched.signature)(recordsOf(500, seed, change));
      const probabilities = { dtype: 'float32', data: new Float32Array(1000).fill(0.5), shape: [500, 2] } as const;
      const [window] = one.add(tensors, { probabilities }, 500);
      const columns = window!.columns.filter(({ column }) => column !== undefined);
      const prediction = window!.columns.at(-1)!;
      return { version: 'v', hasReference: true, pending: 0, window: { ...window!, columns, prediction }, score: null };
    };
    const empty: DriftReport = { version: 'w', hasReference: true, pending: 3, window: null, score: null };
    const [alike, ...none] = mergeDrift([report('1'), empty, report('2')]);
    expect(none).toEqual([]);
    expect(alike).toMatchObject({ version: 'v', rows: 1000, columns: { length: 7 } });
    const tenure = alike!.columns[0]!;
    expect(tenure.counts.window.reduce((a, b) => a + b, 0)).toBe(1000);
    expect(tenure.alarms).toEqual([]);
    // More rows: chance reaches less.
    expect(tenure.psiLimit).toBeLessThan(report('3').window!.columns[0]!.psiLimit);
    const [other] = mergeDrift([report('4', { tenure: null }), report('5')]);
    expect(other!.columns[0]!.alarms).toEqual(['distribution', 'missing']);
  });

  it('answers although who hears of drift throws', async () => {
    await using service = await createService(watched, {
      workers: 1,
      onDrift: () => {
        throw new Error('SECRET');
      },
    });
    for (let i = 0; i < 3; i++) {
      const response = await service.fetch(predictRequest(new Array(500).fill(sampleRecord)));
      expect(response.status).toBe(200);
    }
    // Without keys nobody is asked who they are, so nobody is shown what came in.
    expect((await service.fetch(new Request('http://localhost/v1/drift'))).status).toBe(404);
  });

  it.each([
    { windowRows: 499 },
    { windowRows: 600.5 },
    { outcomeRows: 10 },
    { psi: 0 },
    { falseAlarms: 1 },
    { rate: Number.NaN },
  ])('refuses %j', async (drift) => {
    await expect(createService(watched, { drift })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
