import { TrainerError } from '../../core/errors.ts';
import type { Blobs } from '../../core/helpers/blobs.ts';
import { decodeArrays, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import type { FittedModel, Learner, ModelState } from './learner.ts';

/** Stores a fitted model as one blob. */
export function writeModel(model: FittedModel, blobs: Blobs): Promise<string> {
  const { json, arrays, learner, formatVersion } = model.toState();
  return blobs.put(encodeArrays({ formatVersion, learner, json }, arrays));
}

/** Reads a fitted model back. @throws {TrainerError} FORMAT_VERSION, STORE_FAILED */
export async function readModel(
  hash: string,
  blobs: Blobs,
  learner: (name: string) => Promise<Learner>,
): Promise<FittedModel> {
  const { json, arrays } = decodeArrays(await blobs.get(hash));
  const state = json as Omit<ModelState, 'arrays'>;
  if (state.formatVersion !== 1) {
    throw new TrainerError(
      'FORMAT_VERSION',
      `Expected a fitted model of format 1, got ${String(state.formatVersion)}. Use the version of traineragent that wrote it, or a newer one.`,
    );
  }
  return (await learner(state.learner)).revive({ ...state, arrays } as ModelState);
}
