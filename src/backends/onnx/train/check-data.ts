import { TrainerError } from '../../../core/errors.ts';
import type { Tensor, TrainingData } from '../../backend.ts';
import type { LayerDefinition, Signature } from '../../network/layer-definition.ts';
import { layerKinds } from '../../network/layer-kinds.ts';
import type { Loss, LossTarget } from '../../network/loss.ts';
import type { PlainLayer } from '../../network/network-spec.ts';
import type { ResolvedNetwork } from '../../network/resolve-network.ts';
import { sameShape, sizeOf } from '../autodiff/shapes.ts';
import type { TrainingPlan } from './plan.ts';

/** Data that were held against a network. */
export interface CheckedData {
  readonly rows: number;
  /** In the order of the loss, each with which of the accepted signatures it has. */
  readonly targets: readonly { readonly tensor: Tensor; readonly signature: Signature }[];
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

function checkRange(what: string, tensor: Tensor, limits: readonly number[]): void {
  if (tensor.dtype !== 'int64') return;
  const bounds = limits.map(BigInt);
  const at = tensor.data.findIndex((value, i) => value < 0n || value >= bounds[i % bounds.length]!);
  if (at < 0) return;
  const row = Math.floor(at / (tensor.data.length / tensor.shape[0]!));
  const column = limits.length === 1 ? '' : `, column ${at % limits.length}`;
  throw new TrainerError(
    'REQUEST_INVALID',
    `Expected ${what} to be from 0 to ${limits[at % limits.length]! - 1}, got another in row ${row}${column}.`,
    { details: { row } },
  );
}

function checkLabels(name: string, tensor: Tensor, classes: number, ignored: number | undefined): void {
  const what = `labels of the target "${name}"`;
  if (ignored === undefined) {
    checkRange(what, tensor, [classes]);
    return;
  }
  const skip = BigInt(ignored);
  const data = (tensor.data as BigInt64Array).filter((value) => value !== skip);
  if (data.length === 0) fail(`Expected ${what} to count at least once, got ${ignored} (which is ignored) alone.`);
  if (data.some((value) => value < 0n || value >= BigInt(classes))) {
    fail(`Expected ${what} to be from 0 to ${classes - 1} or ${ignored}, got another.`);
  }
}

function checkMask(what: string, { data, shape }: Tensor): void {
  const width = data.length / shape[0]!;
  for (let row = 0; row < shape[0]!; row++) {
    const values = (data as BigInt64Array).subarray(row * width, (row + 1) * width);
    const problem = values.some((value) => value !== 0n && value !== 1n)
      ? 'another number'
      : values.some((value) => value === 1n)
        ? undefined
        : 'zeros alone';
    if (problem !== undefined) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected ${what} to be ones and zeros with at least one 1 in each row, got ${problem} in row ${row}.`,
        { details: { row } },
      );
    }
  }
}

/** Holds the integers of an input against every layer that they reach, through layers that change the shape alone. */
function checkIntegers(network: ResolvedNetwork, input: string, tensor: Tensor): void {
  const carriers = new Set([input]);
  const signatures = new Map(Object.entries(network.inputs));
  for (const { name, layer, inputs, output } of network.layers) {
    signatures.set(name, output);
    if (output.dtype === 'int64' && inputs.some((from) => carriers.has(from))) carriers.add(name);
    const definition = layerKinds[layer.kind] as LayerDefinition<PlainLayer>;
    const rules = definition.integers?.(
      layer,
      inputs.map((from) => signatures.get(from)!),
    );
    for (const [i, rule] of (rules ?? []).entries()) {
      if (rule === undefined || !carriers.has(inputs[i]!)) continue;
      const what = `the input "${input}" of the layer "${name}"`;
      if (rule === 'mask') checkMask(what, tensor);
      else checkRange(what, tensor, rule);
    }
  }
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
    if (tensor.dtype === 'int64') checkIntegers(network, name, tensor);
  }
  if (rows === undefined || rows < 1) fail('Expected at least one row of data, got none.');
  const classes = network.outputs[loss.outputs[0]!]!.shape.at(-1) ?? 0;
  const targets = loss.targets.map((target) => checkTarget(loss.loss, target, data.targets, rows!, classes));
  return { rows, targets };
}

/** Holds one target against what the loss takes. */
function checkTarget(
  loss: Loss,
  { name: wanted, accepted, bounds }: LossTarget,
  targets: TrainingData['targets'],
  rows: number,
  classes: number,
): CheckedData['targets'][number] {
  const names = Object.keys(targets);
  const name = wanted ?? (names.length === 1 ? names[0]! : '');
  const own = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (own === undefined) {
    const expected = wanted === undefined ? 'one target' : `the target "${wanted}"`;
    fail(`Expected the data to have ${expected}, got ${names.join(', ') || 'none'}.`);
  }
  const tensor = checkTensor(`the target "${name}"`, own, accepted, rows);
  const signature = accepted.find((one) => fits(tensor, one))!;
  if (tensor.dtype === 'int64') {
    checkLabels(name, tensor, classes, loss.kind === 'cross-entropy' ? loss.ignoreIndex : undefined);
  }
  if (bounds !== undefined && tensor.dtype === 'float32') {
    const [least, most] = bounds;
    const at = tensor.data.findIndex((value) => value < least || value > most);
    if (at >= 0) {
      const row = Math.floor(at / (tensor.data.length / rows));
      const expected = most === Number.MAX_VALUE ? `at least ${least}` : `from ${least} to ${most}`;
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected the target "${name}" of the loss ${loss.kind} to be ${expected}, got another in row ${row}.`,
        { details: { row } },
      );
    }
  }
  return { tensor, signature };
}
