import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ApiKey,
  createApiKey,
  createService,
  type KeyScope,
  modelStore,
  parseKeys,
  type Service,
} from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promoted } from '../../src/tools/serve/model-labels.ts';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

const made = Object.fromEntries(
  (['predict', 'outcomes', 'metrics', 'admin'] as const).map((scope) => [scope, createApiKey(scope, [scope])]),
) as Record<KeyScope, { key: string; stored: ApiKey }>;
let service: Service;
let folder: string;
beforeAll(async () => {
  const keys = parseKeys(JSON.stringify({ keys: Object.values(made).map(({ stored }) => stored) }));
  folder = await mkdtemp(join(tmpdir(), 'traineragent-guard-'));
  const store = modelStore(folder);
  const version = await store.add((await sampleFile()).bytes);
  await store.change((labels) => promoted(labels, { version, label: 'stable' }));
  service = await createService(
    { store },
    {
      workers: 1,
      keys,
      hosts: ['localhost', 'churn.example'],
      origins: ['https://shop.example'],
    },
  );
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

const routes = [
  ['POST', '/v1/predict', 'predict'],
  ['GET', '/v1/signature', 'predict'],
  ['GET', '/openapi.json', 'predict'],
  ['GET', '/client.ts', 'predict'],
  ['GET', '/client.py', 'predict'],
  ['POST', '/v1/outcomes', 'outcomes'],
  ['GET', '/v1/scores', 'metrics'],
  ['GET', '/metrics', 'metrics'],
  ['GET', '/v1/drift', 'admin'],
  ['GET', '/v1/labels', 'admin'],
  ['POST', '/v1/labels/promote', 'admin'],
  ['POST', '/v1/labels/rollback', 'admin'],
  ['GET', '/v2', 'predict'],
  ['GET', '/v2/models/model', 'predict'],
  ['POST', '/v2/models/model/infer', 'predict'],
  ['GET', '/', undefined],
  ['GET', '/livez', undefined],
  ['GET', '/readyz', undefined],
  ['GET', '/v2/health/live', undefined],
  ['GET', '/v2/health/ready', undefined],
  ['GET', '/v2/models/model/ready', undefined],
] as const;
const ask = async (method: string, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  service.fetch(
    method === 'POST'
      ? predictRequest(sampleRecord, headers, path)
      : new Request(`http://localhost${path}`, { method, headers }),
  );
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

it('all routes that the sources name are in this table', async () => {
  const place = new URL('../../src/server/', import.meta.url);
  const named = new Set<string>();
  for (const file of await readdir(place)) {
    const text = await readFile(new URL(file, place), 'utf8');
    for (const [, path] of text.matchAll(/(?:\[\s*|path: )'(\/(?!\*)[\w/.*-]*)'/g))
      named.add(path!.replace('*', 'model'));
  }
  expect([...named].sort()).toEqual(routes.map(([, path]) => path as string).sort());
});

describe.each(routes)('%s %s', (method, path, scope) => {
  it.each<[string, Record<string, string>, KeyScope | undefined]>([
    ['no key', {}, undefined],
    ['a key that is not known', bearer(createApiKey('other', ['admin']).key), undefined],
    ['another kind of authorization', { authorization: 'Basic YTpi' }, undefined],
    ['a key to predict', bearer(made.predict.key), 'predict'],
    ['a key for outcomes', bearer(made.outcomes.key), 'outcomes'],
    ['a key for metrics', bearer(made.metrics.key), 'metrics'],
    ['a key for everything', bearer(made.admin.key), 'admin'],
  ])('with %s', async (name, headers, granted) => {
    const response = await ask(method, path, headers);
    const isAllowed = scope === undefined || granted === scope || granted === 'admin';
    if (isAllowed) expect([401, 403]).not.toContain(response.status);
    else {
      expect(response.status).toBe(granted === undefined ? 401 : 403);
      const code = granted !== undefined ? 'SCOPE_MISSING' : /not known/.test(name) ? 'KEY_INVALID' : 'KEY_MISSING';
      expect(await response.json()).toMatchObject({ code });
    }
  });
});

describe('paths', () => {
  it.each([
    '//v1/predict',
    '/v1//predict',
    '/v1%2fpredict',
    '/v1/predict/',
    '/x/..;/metrics',
    '/__proto__',
    '/v2/models/*',
    '/v2/models/a%2fb',
  ])('that are none of ours are not found: %s', async (path) => {
    expect((await ask('GET', path, bearer(made.admin.key))).status).toBe(404);
  });

  it('name the methods that they take', async () => {
    const response = await ask('DELETE', '/v1/predict', bearer(made.admin.key));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('hosts and origins', () => {
  it.each([
    ['localhost', 200],
    ['LOCALHOST:8080', 200],
    ['churn.example:443', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['localhost@evil.example', 403],
    ['', 403],
  ])('Host "%s" is answered with %i', async (host, status) => {
    expect((await ask('GET', '/livez', { host })).status).toBe(status);
  });

  it.each([
    ['https://shop.example', 200],
    ['http://localhost', 200],
    ['https://evil.example', 403],
    ['null', 403],
  ])('Origin %s is answered with %i', async (origin, status) => {
    const headers = { host: 'localhost', origin, ...bearer(made.predict.key) };
    expect((await ask('POST', '/v1/predict', headers)).status).toBe(status);
  });
});

describe('keys', () => {
  it('are random, and stored as their hash', () => {
    const { key, stored } = createApiKey('shop', ['predict']);
    expect(key).toMatch(/^ta_[\w-]{43}$/);
    expect(JSON.stringify(stored)).not.toContain(key.slice(3));
    expect(createApiKey('shop', ['predict']).key).not.toBe(key);
  });

  it.each([
    ['no JSON', 'SECRET', /not JSON/],
    ['no list', '{}', /no list of keys/],
    ['a key without a name', '{"keys":[{}]}', /key 0 needs a name/],
    ['an unknown scope', '{"keys":[{"name":"a","scopes":["SECRET"],"sha256":""}]}', /key 0 needs scopes out of/],
    ['the key itself', '{"keys":[{"name":"a","scopes":["admin"],"sha256":"SECRET"}]}', /key 0 needs a sha256/],
  ])('are refused as %s, without repeating it', (_, text, message) => {
    expect(() => parseKeys(text)).toThrow(message);
    expect(() => parseKeys(text)).not.toThrow(/SECRET/);
  });
});
