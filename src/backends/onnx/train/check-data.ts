import { TrainerError } from '../../../core/errors.ts';
import type { Tensor, TrainingData } from '../../backend.ts';
import type { Signature } from '../../network/layer-definition.ts';
import { sameShape, sizeOf } from '../autodiff/shapes.ts';
import type { TrainingPlan } from './plan.ts';

/** Data that were held against a network. */
export interface CheckedData {
  readonly rows: number;
  readonly target: Tensor;
  /** Which of the signatures that the loss takes the target has. */
  readonly targetSignature: Signature;
}

function fail(message: string): never {
  throw new TrainerError('REQUEST_INVALID', message);
}

const print = (dtype: string, shape: readonly (number | string)[]): string => `${dtype} [${shape.join(', ')}]`;

function fits(tensor: Tensor, { dtype, shape }: Signature): boolean {
  return tensor.dtype === dtype && tensor.shape.length === shape.length + 1 && sameShape(tensor.shape.slice(1), shape);
}

function checkTensor(what: string, tensor: Tensor | undefined, accepted: readonly Signature[], rows?: number): Tensor {
  const expected = accepted.map(({ dtype, shape }) => print(dtype, [rows ?? 'rows', ...shape])).join(' or ');
  if (tensor === undefined) fail(`Expected ${expected} for ${what}, got none.`);
  const isRight =
    accepted.some((signature) => fits(tensor, signature)) && (rows ?? tensor.shape[0]) === tensor.shape[0];
  if (!isRight || sizeOf(tensor.shape) !== tensor.data.length) {
    fail(
      `Expected ${expected} for ${what}, got ${print(tensor.dtype, tensor.shape)} with ${tensor.data.length} elements.`,
    );
  }
  if (tensor.dtype === 'float32') {
    const at = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      const row = Math.floor(at / (tensor.data.length / tensor.shape[0]!));
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected finite numbers for ${what}, got NaN or infinity in row ${row}. Fill or remove missing values before training.`,
        { details: { row } },
      );
    }
  }
  return tensor;
}

function checkRange(what: string, tensor: Tensor, below: number): void {
  if (tensor.dtype !== 'int64') return;
  const limit = BigInt(below);
  const at = tensor.data.findIndex((value) => value < 0n || value >= limit);
  if (at < 0) return;
  const row = Math.floor(at / (tensor.data.length / tensor.shape[0]!));
  throw new TrainerError(
    'REQUEST_INVALID',
    `Expected ${what} to be from 0 to ${below - 1}, got another in row ${row}.`,
    {
      details: { row },
    },
  );
}

/**
 * Holds data against a network and its loss: names, types, shapes, equal numbers of rows, finite numbers, labels and
 * categories within range.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the tensor, what was expected and what came.
 */
export function checkData({ network, loss }: TrainingPlan, data: TrainingData): CheckedData {
  let rows: number | undefined;
  for (const name of Object.keys(data.inputs)) {
    if (!Object.hasOwn(network.inputs, name)) {
      fail(`The network has no input "${name}"; it takes ${Object.keys(network.inputs).join(', ')}.`);
    }
  }
  for (const [name, signature] of Object.entries(network.inputs)) {
    const own = Object.hasOwn(data.inputs, name) ? data.inputs[name] : undefined;
    const tensor = checkTensor(`the input "${name}"`, own, [signature], rows);
    rows = tensor.shape[0]!;
    for (const { name: layer, layer: spec, inputs } of network.layers) {
      if (spec.kind === 'embedding' && inputs[0] === name) {
        checkRange(`the input "${name}" of the layer "${layer}"`, tensor, spec.entries);
      }
    }
  }
  const names = Object.keys(data.targets);
  const name = loss.target ?? (names.length === 1 ? names[0]! : '');
  const own = Object.hasOwn(data.targets, name) ? data.targets[name] : undefined;
  if (own === undefined) {
    fail(
      `Expected the data to have ${loss.target === undefined ? 'one target' : `the target "${name}"`}, got ${names.join(', ') || 'none'}.`,
    );
  }
  const target = checkTensor(`the target "${name}"`, own, loss.targets, rows);
  if (loss.loss.kind === 'cross-entropy') {
    checkRange(`labels of the target "${name}"`, target, network.outputs[loss.output]!.shape.at(-1)!);
  }
  if (rows === undefined || rows < 1) fail('Expected at least one row of data, got none.');
  return { rows, target, targetSignature: loss.targets.find((signature) => fits(target, signature))! };
}
