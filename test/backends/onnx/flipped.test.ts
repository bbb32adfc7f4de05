import { afterAll, describe, expect, it } from 'vitest';
import { type PredictChild, startPredictChild } from '../../../src/backends/onnx/child-process.ts';
import { TrainerError } from '../../../src/core/errors.ts';
import { entryUrl } from '../../../src/core/helpers/entry-url.ts';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { checkModel } from '../../../src/onnx/check-model.ts';
import { readSignature } from '../../../src/onnx/signature.ts';
import { createInputTensors } from '../../../src/tools/artefact/input-tensors.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel } from '../../tools/artefact/sample-model.ts';

/** Files with a wrong byte; more of them in the long tests. */
const files = process.env.TRAINERAGENT_LONG === '1' ? 5000 : 200;
/** Time that a child has for one file. */
const patienceMs = 10_000;

let child: PredictChild | undefined;
afterAll(() => child?.kill());

/** What became of a file: refused by the checker, refused by the runtime, predicted, or the end of its process. */
type Fate = 'checker' | 'runtime' | 'predicted' | 'crashed';

async function tryFile(bytes: Uint8Array): Promise<Fate> {
  let signature: ReturnType<typeof readSignature>;
  try {
    signature = readSignature(checkModel(bytes));
  } catch (error) {
    if (TrainerError.isInstance(error)) return 'checker';
    throw error;
  }
  if (child === undefined || !child.isAlive()) child = startPredictChild(entryUrl('predict-child'));
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const loaded = await child.send({ type: 'load', model: bytes, threads: 1, device: 'cpu' }, signal);
    if (loaded.type !== 'loaded') return 'runtime';
    const tensors = createInputTensors(signature, 2).tensors();
    return (await child.send({ type: 'predict', tensors }, signal)).type === 'predicted' ? 'predicted' : 'runtime';
  } catch (error) {
    // A file that hangs is a fault of the checker; one that ends its process costs that process alone.
    expect(signal.aborted).toBe(false);
    expect(error).toMatchObject({ code: 'PREDICT_FAILED' });
    return 'crashed';
  }
}

describe('files with a wrong byte', () => {
  it(`are refused or predict, and the host lives on: ${files} of them`, { timeout: 600_000 }, async () => {
    const made = await Promise.all(
      [linearLearner, treesLearner].map((learner) => buildSampleModel('binary', [{ learner, weight: 1 }])),
    );
    const random = createRandom('flipped');
    const fates: Record<Fate, number> = { checker: 0, runtime: 0, predicted: 0, crashed: 0 };
    for (let i = 0; i < files; i++) {
      const bytes = made[i % made.length]!.artefact.bytes.slice();
      // Some in the first bytes, where the structure is densest.
      const at = Math.floor(random.next() * (i % 3 === 0 ? 400 : bytes.length));
      bytes[at] = bytes[at]! ^ (1 << Math.floor(random.next() * 8));
      fates[await tryFile(bytes)]++;
    }
    expect(fates.checker + fates.runtime + fates.predicted + fates.crashed).toBe(files);
    expect(fates.checker).toBeGreaterThan(0);
    expect(fates.predicted).toBeGreaterThan(0);
    expect(fates.crashed).toBe(0);
    // The process that took them all still works with a file that is whole.
    expect(await tryFile(made[0]!.artefact.bytes)).toBe('predicted');
  });
});
