import { rm } from 'node:fs/promises';
import { createApiKey } from 'traineragent/serve';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createService } from '../../src/serve.ts';
import type { ServiceCore } from '../../src/server/service.ts';
import { sampleFile } from './sample-service.ts';
import { storeOf } from './sample-store.ts';

const made = vi.hoisted((): ServiceCore[] => []);
vi.mock('../../src/server/service.ts', async (original) => {
  const module = await original<typeof import('../../src/server/service.ts')>();
  return {
    ...module,
    createServiceCore: (...args: Parameters<typeof module.createServiceCore>) => {
      const core = module.createServiceCore(...args);
      made.push(core);
      return core;
    },
  };
});

afterEach(() => {
  made.length = 0;
});

const { key, stored } = createApiKey('reader', ['admin']);

describe('the OpenAPI document', () => {
  it.each([
    ['one model, open to all', false, false],
    ['one model, with keys', false, true],
    ['a store, open to all', true, false],
    ['a store, with keys', true, true],
  ])('has every address of a service and no other one: %s', async (_what, isStore, hasKeys) => {
    const file = await sampleFile();
    const { folder, store } = await storeOf([file]);
    try {
      await using service = await createService(isStore ? { store } : file, {
        name: 'churn',
        ...(hasKeys ? { keys: [stored] } : {}),
      });
      const headers = { authorization: `Bearer ${key}` };
      const page = await service.fetch(new Request('http://localhost/openapi.json', { headers }));
      const { paths } = (await page.json()) as { paths: Record<string, Record<string, unknown>> };
      const told = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      // HEAD is what GET is, without its body.
      const taken = [...made[0]!.routes].flatMap(([path, { methods }]) =>
        methods.flatMap((method) =>
          method === 'HEAD'
            ? []
            : path.includes('*')
              ? ['churn', 'churn/versions/{version}'].map((name) => `${method} ${path.replace('*', name)}`)
              : [`${method} ${path}`],
        ),
      );
      expect(told.sort()).toEqual(taken.sort());
      expect(told.includes('POST /v1/labels/promote')).toBe(isStore && hasKeys);
      expect(told.includes('GET /v1/drift')).toBe(hasKeys);
      const operations = Object.values(paths).flatMap((methods) =>
        Object.values(methods).map((operation) => (operation as { operationId: string }).operationId),
      );
      expect(new Set(operations).size).toBe(operations.length);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['explains', true],
    ['does not', false],
  ])('offers explanations, and the version that is there, of a model that %s', async (_what, canExplain) => {
    const file = await sampleFile();
    const explain = async (records: readonly unknown[]) => records.map(() => ({ contributions: [] }));
    await using service = await createService({ ...file, ...(canExplain ? { explain } : {}) });
    const page = await service.fetch(new Request('http://localhost/openapi.json'));
    type Operation = { readonly parameters?: readonly { readonly name: string; readonly example?: string }[] };
    const { paths } = (await page.json()) as { paths: Record<string, Record<string, Operation>> };
    const named = (path: string, method: string) => paths[path]?.[method]?.parameters?.map(({ name }) => name) ?? [];
    expect(named('/v1/predict', 'post')).toEqual(canExplain ? ['explain'] : []);
    const [version] = paths['/v2/models/model/versions/{version}']!.get!.parameters!;
    const address = `http://localhost/v2/models/model/versions/${version!.example}`;
    expect((await service.fetch(new Request(address))).status).toBe(200);
  });
});
