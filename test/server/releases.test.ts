import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createApiKey,
  createService,
  type ModelStore,
  modelStore,
  type ServableModel,
  type Service,
} from 'traineragent/serve';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stickyShare } from '../../src/server/sticky-share.ts';
import { noLabels, parseLabels, promoted, rolledBack } from '../../src/tools/serve/model-labels.ts';
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
let service: Service | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
  await rm(folder, { recursive: true });
});
const hashOf = (i: number): string => models[i]!.hash;
const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];

describe('labels', () => {
  const start = promoted(noLabels, { version: a, label: 'stable' });

  it('go up, and back to what was there before', () => {
    const next = promoted(start, { version: b, label: 'stable' });
    expect(next).toMatchObject({
      stable: b,
      previous: [a],
      revision: 2,
      last: { label: 'stable', to: b, why: 'asked' },
    });
    expect(rolledBack(next, 'stable', 'errors')).toMatchObject({
      stable: a,
      previous: [],
      last: { to: a, why: 'errors' },
    });
    expect(promoted(next, { version: b, label: 'stable' })).toBe(next);
  });

  it('a canary that becomes stable is no canary any more; one that is taken back leaves the others', () => {
    const both = promoted(promoted(start, { version: b, label: 'shadow' }), {
      version: b,
      label: 'canary',
      share: 0.5,
    });
    expect(both).toMatchObject({ stable: a, canary: { version: b, share: 0.5 }, shadow: b });
    expect(rolledBack(both, 'canary')).toEqual({ ...rolledBack(both, 'canary'), stable: a, shadow: b });
    expect(rolledBack(both, 'canary')).not.toHaveProperty('canary');
    const stable = promoted(both, { version: b, label: 'stable' });
    expect(stable).toMatchObject({ stable: b, previous: [a] });
    expect(Object.keys(stable)).not.toEqual(expect.arrayContaining(['canary']));
    expect(Object.keys(stable)).not.toEqual(expect.arrayContaining(['shadow']));
  });

  it.each([
    [
      'a canary without a stable version',
      () => promoted(noLabels, { version: a, label: 'canary' }),
      /stable version before/,
    ],
    ['a canary of the stable version', () => promoted(start, { version: a, label: 'canary' }), /another version/],
    ['a share of nothing', () => promoted(start, { version: b, label: 'canary', share: 0 }), /above 0/],
    ['a rollback to nothing', () => rolledBack(start, 'stable'), /there is none/],
    ['a canary back that is not there', () => rolledBack(start, 'canary'), /there is none/],
  ])('refuse %s', (_, change, message) => {
    expect(change).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it.each(['', '[]', 'null', '{"formatVersion":1}', '{"formatVersion":1,"revision":0,"previous":["../../x"]}'])(
    'are not read from %j',
    (text) => {
      expect(() => parseLabels(text)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    },
  );

  it('of a newer format say so', () => {
    expect(() => parseLabels('{"formatVersion":2}')).toThrow(expect.objectContaining({ code: 'FORMAT_VERSION' }));
  });
});

describe('a store', () => {
  it('takes only models in, each under its hash, and finds them by label, hash or its beginning', async () => {
    await expect(store.add(Buffer.from('no model'))).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    expect(await store.versions()).toEqual(models.map(({ hash }) => hash).sort());
    expect(await store.resolve('stable')).toBe(hashOf(0));
    expect(await store.resolve(hashOf(1).slice(0, 8))).toBe(hashOf(1));
    for (const name of ['canary', '../labels.json', '', 'abc', '0'.repeat(64)])
      await expect(store.resolve(name)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('does not give a file out that was altered', async () => {
    await writeFile(join(folder, 'models', hashOf(0)), 'something else');
    await expect(store.get(hashOf(0))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('loses no change of many at once, also from other processes, and is never seen half written', async () => {
    const others = Array.from({ length: 4 }, () => modelStore(folder));
    let isDone = false;
    const reader = (async () => {
      while (!isDone) parseLabels(await readFile(join(folder, 'labels.json'), 'utf8'));
    })();
    await Promise.all(
      others.flatMap((other) =>
        Array.from({ length: 10 }, (_, i) =>
          other
            .change((labels) =>
              promoted(labels, { version: hashOf(labels.stable === hashOf(0) ? 1 : 0), label: 'stable' }),
            )
            .then(() => i),
        ),
      ),
    );
    isDone = true;
    await reader;
    expect((await store.labels()).revision).toBe(41);
    expect((await readdir(folder)).sort()).toEqual(['labels.json', 'models']);
  });

  it('takes over a lock that a process left behind', async () => {
    const path = join(folder, 'labels.lock');
    await writeFile(path, '');
    const old = (await stat(path)).mtimeMs / 1000 - 60;
    await utimes(path, old, old);
    await store.change((labels) => promoted(labels, { version: hashOf(1), label: 'stable' }));
    expect((await store.labels()).stable).toBe(hashOf(1));
  });
});

const versionsOf = async (response: Response) => {
  const { model } = (await response.json()) as { model: string };
  expect(response.headers.get('x-model-version')).toBe(model);
  return model;
};

describe('a service of a store', () => {
  it('follows labels that another process moved', async () => {
    service = await createService({ store }, { workers: 1 });
    expect(await versionsOf(await service.fetch(predictRequest(sampleRecord)))).toBe(hashOf(0));
    await modelStore(folder).change((labels) => promoted(labels, { version: hashOf(2), label: 'stable' }));
    let now = hashOf(0);
    while (now !== hashOf(2)) now = await versionsOf(await service.fetch(predictRequest(sampleRecord)));
    expect(service.releases?.labels.previous).toEqual([hashOf(0)]);
  });

  it('serves what it served where a new version can not be opened, and says so', async () => {
    const problems: unknown[] = [];
    service = await createService({ store, onProblem: (error) => problems.push(error) }, { workers: 1 });
    await store.change((labels) => ({ ...labels, revision: labels.revision + 1, stable: a }));
    while (problems.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(problems[0]).toMatchObject({ code: 'STORE_FAILED' });
    expect(await versionsOf(await service.fetch(predictRequest(sampleRecord)))).toBe(hashOf(0));
    await expect(service.releases!.promote({ version: b, label: 'stable' })).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
  });

  it('serves the label that it was told', async () => {
    await store.change((labels) => promoted(labels, { version: hashOf(1), label: 'canary' }));
    service = await createService({ store, label: 'canary' }, { workers: 1 });
    expect(await versionsOf(await service.fetch(predictRequest(sampleRecord)))).toBe(hashOf(1));
    await expect(createService({ store, label: 'shadow' }, { workers: 1 })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  it('gives the canary its share, and a client always the same version', async () => {
    await store.change((labels) => promoted(labels, { version: hashOf(1), label: 'canary', share: 0.3 }));
    service = await createService({ store }, { workers: 1 });
    const ask = async (key: string) =>
      versionsOf(await service!.fetch(predictRequest(sampleRecord, { 'x-sticky-key': key })));
    const keys = Array.from({ length: 200 }, (_, i) => `client-${i}`);
    const first = await Promise.all(keys.map(ask));
    expect(await Promise.all(keys.map(ask))).toEqual(first);
    const share = first.filter((version) => version === hashOf(1)).length / keys.length;
    expect(share).toBe(keys.filter((key) => stickyShare(key, hashOf(1)) < 0.3).length / keys.length);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  it('spreads keys evenly, and otherwise for another version', () => {
    const shares = Array.from({ length: 20_000 }, (_, i) => stickyShare(`k${i}`, a));
    const bins = new Array<number>(10).fill(0);
    for (const share of shares) bins[Math.floor(share * 10)]!++;
    // Chi-square of 9 degrees of freedom: 27.9 is passed once in a thousand.
    expect(bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
    const both = shares.filter((share, i) => share < 0.1 && stickyShare(`k${i}`, b) < 0.1).length;
    expect(both / 20_000).toBeCloseTo(0.01, 2);
  });

  // Versions come and go between three: the one that was left stays up for a rollback, the one before it ends.
  const swaps = process.env.TRAINERAGENT_LONG === '1' ? { warm: 450, cold: 50 } : { warm: 94, cold: 6 };
  it(`${swaps.warm + swaps.cold} swaps under load fail no request, and each reply names one version`, async () => {
    service = await createService({ store }, { workers: 1 });
    const { releases } = service;
    let isDone = false;
    const seen = new Map<string, number>();
    const client = async (): Promise<void> => {
      while (!isDone) {
        const response = await service!.fetch(predictRequest(sampleRecord));
        expect(response.status).toBe(200);
        const { model, predictions } = (await response.json()) as {
          model: string;
          predictions: { probabilities: object }[];
        };
        expect(response.headers.get('x-model-version')).toBe(model);
        // The answer is of the model that it names: the third one has three classes.
        expect(Object.keys(predictions[0]!.probabilities)).toHaveLength(model === hashOf(2) ? 3 : 2);
        seen.set(model, (seen.get(model) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 2 }, client);
    for (let i = 0; i < swaps.cold; i++) await releases!.promote({ version: hashOf((i + 1) % 3), label: 'stable' });
    for (let i = 0; i < swaps.warm; i++) {
      const { stable, previous } = releases!.labels;
      if (i % 10 === 9) await releases!.rollback('stable');
      else
        await releases!.promote({
          version: stable === hashOf(0) ? (previous[0] ?? hashOf(1)) : hashOf(0),
          label: 'stable',
        });
    }
    isDone = true;
    await Promise.all(clients);
    expect(releases!.labels.revision).toBeGreaterThanOrEqual(0.8 * (swaps.warm + swaps.cold));
    expect([...seen.keys()].sort()).toEqual(models.map(({ hash }) => hash).sort());
  }, 120_000);

  it('a version that was left answers what it was given before it ends', async () => {
    service = await createService({ store }, { workers: 1 });
    let go!: () => void;
    const rest = new Promise<void>((resolve) => {
      go = resolve;
    });
    const line = new TextEncoder().encode(`${JSON.stringify(sampleRecord)}\n`);
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(line);
        await rest;
        controller.enqueue(line);
        controller.close();
      },
    });
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/x-ndjson' },
    } as RequestInit;
    const stream = await service.fetch(new Request('http://localhost/v1/predict', init));
    const text = stream.text();
    // Twice, so that it is not even the version of a rollback.
    await service.releases!.promote({ version: hashOf(1), label: 'stable' });
    await service.releases!.promote({ version: hashOf(2), label: 'stable' });
    expect((await service.fetch(new Request(`http://localhost/v2/models/model/versions/${hashOf(0)}`))).status).toBe(
      404,
    );
    go();
    const lines = (await text)
      .trimEnd()
      .split('\n')
      .map((answer) => JSON.parse(answer));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toHaveProperty('prediction');
    expect(stream.headers.get('x-model-version')).toBe(hashOf(0));
  });
});

describe('routes of labels', () => {
  const admin = createApiKey('ops', ['admin']);
  const shop = createApiKey('shop', ['predict']);
  const ask = async (path: string, body?: unknown, key = admin.key) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await service!.fetch(new Request(`http://localhost/v1/labels${path}`, { ...init, headers }));
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };

  it('show and move them, for admins alone', async () => {
    service = await createService({ store }, { workers: 1, keys: [admin.stored, shop.stored] });
    expect((await ask('', undefined, shop.key)).status).toBe(403);
    expect((await ask('/promote', { version: hashOf(1) }, shop.key)).status).toBe(403);
    const shown = await ask('');
    expect(shown.body).toMatchObject({
      labels: { stable: hashOf(0) },
      versions: models.map(({ hash }) => hash).sort(),
    });
    const canary = await ask('/promote', { version: hashOf(1).slice(0, 10), label: 'canary', share: 0.2 });
    expect(canary).toMatchObject({ status: 200, body: { labels: { canary: { version: hashOf(1), share: 0.2 } } } });
    expect((await ask('/promote', { version: 'canary' })).body).toMatchObject({ labels: { stable: hashOf(1) } });
    expect((await ask('/rollback', { label: 'stable' })).body).toMatchObject({ labels: { stable: hashOf(0) } });
  });

  it('refuse what names no version of the store, without repeating it', async () => {
    service = await createService({ store }, { workers: 1, keys: [admin.stored] });
    for (const [path, body] of [
      ['/promote', { version: 'file:///etc/passwd' }],
      ['/promote', { version: 'https://evil.example/m.onnx' }],
      ['/promote', { version: '../labels.json' }],
      ['/promote', { label: 'other', version: 'stable' }],
      ['/promote', { label: 'stable' }],
      ['/promote', { label: 'canary', version: 'SECRET', share: 2 }],
      ['/promote', { label: 'canary', version: 'stable' }],
      ['/rollback', { label: 'canary' }],
      ['/rollback', []],
    ] as const) {
      const answer = await ask(path, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'LABEL_INVALID' } });
      expect(JSON.stringify(answer.body)).not.toMatch(/SECRET|evil|passwd/);
    }
    expect((await store.labels()).revision).toBe(1);
  });

  it('are not there without keys', async () => {
    service = await createService({ store }, { workers: 1 });
    expect((await ask('')).status).toBe(404);
  });
});
