import type { Predictor, Tensors } from '../../backends/backend.ts';
import { createRandom, type Random } from '../../core/helpers/random.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { collectPredictions, type PredictedRows } from '../artefact/decode-predictions.ts';
import { createInputTensors, type InputTensors } from '../artefact/input-tensors.ts';
import type { DirectRun } from './direct-run.ts';

/** Made-up rows that both are asked for. */
const rowCount = 512;
/** What they may differ by, relative to max(1, magnitude). */
const tolerance = 1e-5;

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
  return areSame(collectPredictions(signature, [own]), collectPredictions(signature, [theirs]));
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

function areSame(own: PredictedRows, theirs: PredictedRows): boolean {
  if (own.kind === 'regression')
    return (
      theirs.kind === 'regression' && areNear(own.values, theirs.values) && areNear(own.intervals, theirs.intervals)
    );
  if (theirs.kind === 'regression' || !areNear(own.probabilities, theirs.probabilities)) return false;
  const width = theirs.probabilities.length / theirs.rowCount;
  return theirs.labels.every((label, row) => {
    if (label === own.labels[row]) return true;
    // A label may differ where the last digits decide between two classes.
    const [first = 0, second = 0] = [...theirs.probabilities.subarray(row * width, row * width + width)].sort(
      (a, b) => b - a,
    );
    return first - second <= tolerance;
  });
}

function areNear(own: Float32Array | undefined, theirs: Float32Array | undefined): boolean {
  if (own?.length !== theirs?.length) return false;
  return (own ?? []).every((value, i) => {
    const other = theirs![i]!;
    return Object.is(value, other) || Math.abs(value - other) <= tolerance * Math.max(1, Math.abs(other));
  });
}
