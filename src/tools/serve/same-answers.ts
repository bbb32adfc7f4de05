import type { Predictor, Tensors } from '../../backends/backend.ts';
import { createRandom, type Random } from '../../core/helpers/random.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { collectPredictions } from '../artefact/decode-predictions.ts';
import { createInputTensors, type InputTensors } from '../artefact/input-tensors.ts';
import { isSamePrediction } from '../artefact/prediction-difference.ts';
import type { DirectRun } from './direct-run.ts';

/** Made-up rows that both are asked for. */
const rowCount = 512;

/** Whether a direct run answers as the runtime does, on made-up rows with missing, unseen and extreme values. */
export async function hasSameAnswers(
  run: DirectRun,
  predictor: Predictor,
  signature: ModelSignature,
): Promise<boolean> {
  const tensors = madeUpRows(signature);
  const theirs = await predictor.predict(tensors);
  const own = run.predict(tensors);
  for (const { name, dtype } of predictor.outputs)
    if ((dtype !== 'float32' && dtype !== 'string') || own[name]?.dtype !== dtype) return false;
  return isSamePrediction(collectPredictions(signature, [own]), collectPredictions(signature, [theirs]));
}

/** Values within and beyond the ranges of training, each column by itself; the same for the same signature. */
function madeUpRows(signature: ModelSignature): Tensors {
  const random = createRandom('made-up rows');
  const target = createInputTensors(signature, rowCount);
  for (let row = 0; row < rowCount; row++)
    for (const input of signature.inputs) if (random.integer(8) > 0) fill(target, row, input, random);
  return target.tensors();
}

function fill(target: InputTensors, row: number, input: SignatureInput, random: Random): void {
  const within = ([low, high]: readonly [number, number]): number => low + (high - low) * random.next();
  const isExtreme = random.integer(20) === 0;
  switch (input.kind) {
    case 'number': {
      const value = within(input.range) * (isExtreme ? 1e6 : 1);
      target.setNumber(row, input, input.integers ? Math.round(value) : value);
      break;
    }
    case 'boolean':
      target.setNumber(row, input, random.integer(2));
      break;
    case 'datetime':
      target.setDatetime(row, input, within(input.range));
      break;
    case 'category': {
      const { categories } = input;
      target.setCategory(
        row,
        input,
        isExtreme ? 'a value nobody has seen' : categories[random.integer(categories.length)],
      );
    }
  }
}
