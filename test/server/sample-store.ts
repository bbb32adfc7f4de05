import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelStore, modelStore, type ServableModel } from 'traineragent/serve';
import { promoted } from '../../src/tools/serve/model-labels.ts';
import { sampleFile } from './sample-service.ts';

/** Two models of one task, and one of another. */
export const threeModels = async (): Promise<readonly ServableModel[]> => [
  await sampleFile('binary'),
  await sampleFile('binary', 'trees'),
  await sampleFile('multiclass'),
];

/** A store of these models in a folder of its own; the first is the stable one. */
export async function storeOf(models: readonly ServableModel[]): Promise<{ folder: string; store: ModelStore }> {
  const folder = await mkdtemp(join(tmpdir(), 'traineragent-store-'));
  const store = modelStore(folder);
  for (const { bytes } of models) await store.add(bytes);
  await store.change((labels) => promoted(labels, { version: models[0]!.hash, label: 'stable' }));
  return { folder, store };
}
