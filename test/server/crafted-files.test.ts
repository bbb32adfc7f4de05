import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createService, modelStore } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { loadModel } from '../../src/tools/artefact/model.ts';
import { craftedModels } from '../onnx/crafted-models.ts';
import { sampleFile } from './sample-service.ts';

/** A backend that no file may reach. */
let reached = 0;
const backend: Backend = {
  name: 'none',
  capabilities: { train: false, predict: true, dtypes: [], devices: [], deterministic: true },
  async load() {
    reached++;
    throw new Error('The runtime was asked to load a file.');
  },
  async compile() {
    throw new Error('Nothing is trained.');
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-crafted-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('files that somebody made to do harm', () => {
  it('are sixty and more, each of its own kind', () => {
    expect(craftedModels.length).toBeGreaterThanOrEqual(60);
    expect(new Set(craftedModels.map(([name]) => name)).size).toBe(craftedModels.length);
  });

  it.each(craftedModels)(
    '%s: neither a model, nor a store, nor a service takes it',
    async (_, code, message, bytes) => {
      const refusal = expect.objectContaining({ name: 'TrainerError', code, message: expect.stringMatching(message) });
      expect(() => loadModel(bytes, backend)).toThrow(refusal);
      expect(reached).toBe(0);
      const store = modelStore(join(folder, 'store'));
      await expect(store.add(bytes)).rejects.toEqual(refusal);
      const path = join(folder, 'file.onnx');
      await writeFile(path, bytes);
      await expect(createService(path)).rejects.toEqual(refusal);
    },
  );

  it('leave nothing in a store', async () => {
    const store = modelStore(join(folder, 'store'));
    expect(await store.versions()).toEqual([]);
    expect((await readdir(join(folder, 'store')).catch(() => [])).filter((name) => name !== 'models')).toEqual([]);
  });

  it('in the place of a version of a store are not served, also by way of a link', async () => {
    const { bytes, hash } = await sampleFile();
    const place = join(folder, 'linked');
    const store = modelStore(place);
    await store.add(bytes);
    const outside = join(folder, 'outside.onnx');
    await writeFile(outside, craftedModels[0]![3]);
    await rm(join(place, 'models', hash));
    await symlink(outside, join(place, 'models', hash));
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await rm(join(place, 'models', hash));
    await symlink('/dev/zero', join(place, 'models', hash));
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
