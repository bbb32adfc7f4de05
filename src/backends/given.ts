import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import type { LoadOptions, Tensor, Tensors, TrainingData, TrainingSnapshot } from './backend.ts';
import { checkLearningRate } from './network/optimiser.ts';
import { printed } from './printed.ts';
import { typedArrays } from './typed-arrays.ts';

/*
 * What callers give, read once and held against its type before any backend works with it: all backends refuse the same with the same words.
 * Whether it fits a network or a model is asked afterwards.
 */

function fail(message: string): never {
  throw new TrainerError('REQUEST_INVALID', message);
}

/** Reads what a caller gave, whose getters and proxies may throw anything. @throws {TrainerError} REQUEST_INVALID in place of that */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (TrainerError.isInstance(cause)) throw cause;
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected ${what} to be plain objects, lists and typed arrays, but reading it failed: ${errorText(cause)}`,
      { cause },
    );
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Memory of its own and of one size: what a runtime may hold on to while other code runs. */
function ownMemory(what: string, { buffer }: ArrayBufferView, isCopied = false): void {
  if (!isCopied && typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer)
    fail(`Expected the values for ${what} in memory of their own, got memory that threads share: copy them (slice).`);
  try {
    new Uint8Array(buffer, 0, 0);
  } catch {
    fail(`Expected the values for ${what} in memory of their own, got memory that was given away (transferred).`);
  }
  if (!isCopied && (buffer as { readonly resizable?: boolean }).resizable === true)
    fail(`Expected the values for ${what} in memory of one size, got a buffer that can be resized: copy them (slice).`);
}

/** A tensor as a plain object that shares the data. @throws {TrainerError} REQUEST_INVALID */
function readTensor(what: string, given: unknown): Tensor {
  if (!isObject(given)) fail(`Expected ${what} to be a tensor { dtype, shape, data }, got ${printed(given)}.`);
  const { dtype, shape, data } = given;
  if (!Array.isArray(shape)) fail(`Expected a tensor for ${what}, got a tensor without a shape.`);
  const sizes = Array.from(shape as readonly unknown[]);
  const strange = sizes.find((size) => !Number.isSafeInteger(size) || (size as number) < 0);
  if (sizes.some((size) => size === strange))
    fail(`Expected the shape of ${what} to be a list of whole numbers from 0, got ${printed(strange)} in it.`);
  if (dtype === 'string') {
    if (!Array.isArray(data) || !data.every((text) => typeof text === 'string'))
      fail(`Expected the values for ${what}, string, to be in a list of texts.`);
    return { dtype, shape: sizes as number[], data };
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(typedArrays, dtype)) {
    const known = [...Object.keys(typedArrays), 'string'].join(', ');
    fail(`Expected the dtype of ${what} to be one of ${known}, got ${printed(dtype)}.`);
  }
  const Type = typedArrays[dtype as keyof typeof typedArrays];
  // A proxy of an array is an instance of its class and no view.
  if (!ArrayBuffer.isView(data) || !(data instanceof Type))
    fail(`Expected the values for ${what}, ${dtype}, to be in a ${Type.name}.`);
  ownMemory(what, data);
  return { dtype, shape: sizes, data } as Tensor;
}

/** Tensors by name as plain objects; what is null or undefined is not there. @throws {TrainerError} REQUEST_INVALID */
function readEach(given: Readonly<Record<string, unknown>>, what: (name: string) => string): Tensors {
  const entries = Object.entries(given).filter(([, tensor]) => tensor !== undefined && tensor !== null);
  return Object.fromEntries(entries.map(([name, tensor]) => [name, readTensor(what(name), tensor)]));
}

/** What a model is to predict from. @throws {TrainerError} REQUEST_INVALID */
export function readInputs(given: unknown): Tensors {
  return reading('the inputs', () => {
    if (!isObject(given) || Array.isArray(given))
      fail(`Expected the inputs to be tensors by name, got ${printed(given)}.`);
    return readEach(given, (name) => `the model's input ${printed(name)}`);
  });
}

/** Data to train on or to evaluate. @throws {TrainerError} REQUEST_INVALID */
export function readData(given: unknown): TrainingData {
  return reading('the data', () => {
    const side = (key: 'inputs' | 'targets', word: string): Tensors => {
      const tensors = isObject(given) ? given[key] : undefined;
      if (!isObject(tensors)) fail(`Expected data to be { inputs, targets }, each tensors by name, got no ${key}.`);
      return readEach(tensors, (name) => `the ${word} ${printed(name)}`);
    };
    return { inputs: side('inputs', 'input'), targets: side('targets', 'target') };
  });
}

/** Whether data are those that were read before: the same arrays in the same shapes, whose memory nobody has taken away. */
export function holdsSame(known: TrainingData, now: TrainingData): boolean {
  return (['inputs', 'targets'] as const).every((side) => {
    const before = Object.entries(known[side]);
    if (before.length !== Object.keys(now[side]).length) return false;
    return before.every(([name, { dtype, shape, data }]) => {
      const own = now[side][name];
      const size = shape.reduce((product, dimension) => product * dimension, 1);
      return own?.data === data && own.dtype === dtype && own.shape.join() === shape.join() && data.length === size;
    });
  });
}

/**
 * Lists of row numbers that the data have.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the batch
 */
export function readBatches(given: unknown, rows: number): readonly Int32Array[] {
  return reading('the batches', () => {
    if (!Array.isArray(given)) fail('Expected batches to be a list, each an Int32Array of row numbers.');
    return Array.from(given as readonly unknown[], (batch, i) => {
      if (!ArrayBuffer.isView(batch) || !(batch instanceof Int32Array) || batch.length === 0)
        fail(`Expected batch ${i} to be an Int32Array of at least one row number.`);
      const stranger = batch.find((row) => row < 0 || row >= rows);
      if (stranger !== undefined) fail(`Expected row numbers from 0 to ${rows - 1}, got ${stranger} in batch ${i}.`);
      return batch;
    });
  });
}

/** A snapshot by its own form; whether it is of this network is asked afterwards. @throws {TrainerError} FORMAT_VERSION, REQUEST_INVALID */
export function readSnapshot(given: unknown): TrainingSnapshot {
  return reading('the snapshot', () => {
    const { formatVersion, step, learningRate, state } = isObject(given) ? given : {};
    if (formatVersion !== 2) {
      throw new TrainerError(
        'FORMAT_VERSION',
        `Expected a snapshot of formatVersion 2, got ${isObject(given) ? printed(formatVersion) : printed(given)}.`,
      );
    }
    if (!Number.isSafeInteger(step) || (step as number) < 0)
      fail(`The snapshot does not fit this network: its step is ${printed(step)}.`);
    checkLearningRate(learningRate as number);
    if (!isObject(state)) fail('The snapshot does not fit this network: it has no state.');
    const tensors = readEach(state, (name) => `the snapshot's ${printed(name)}`);
    return { formatVersion, step: step as number, learningRate: learningRate as number, state: tensors };
  });
}

/** The bytes of a file, in memory of their own. @throws {TrainerError} REQUEST_INVALID */
function readModel(given: unknown): Uint8Array {
  if (!ArrayBuffer.isView(given) || !(given instanceof Uint8Array))
    fail(`Expected the model as a Uint8Array, the bytes of an ONNX file, got ${printed(given)}.`);
  ownMemory('the model', given, true);
  const { buffer } = given;
  const isOwn = buffer instanceof ArrayBuffer && (buffer as { readonly resizable?: boolean }).resizable !== true;
  return isOwn ? given : Uint8Array.from(given);
}

const isSignal = (value: unknown): boolean =>
  isObject(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function';
const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Every option of a call to a network or a model: what it has to be. */
const optionRules: Readonly<Record<string, readonly [words: string, isRight: (value: unknown) => boolean]>> = {
  signal: ['an AbortSignal', isSignal],
  onSteps: ['a function', isFunction],
  onRetreat: ['a function', isFunction],
  onEnd: ['a function', isFunction],
  outputs: ['true or false', (value) => typeof value === 'boolean'],
  weights: ['last or average', (value) => value === 'last' || value === 'average'],
  where: ['inline or child', (value) => value === 'inline' || value === 'child'],
  threads: [
    'an integer from 1 to 1024',
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1024,
  ],
};

/** The options of a call as a plain object of those that are given. @throws {TrainerError} REQUEST_INVALID naming the one that does not fit */
export function readOptions<T extends object>(given: T | undefined): Partial<T> {
  return reading('the options', () => {
    if (given === undefined) return {};
    if (!isObject(given)) fail(`Expected the options to be an object, got ${printed(given)}.`);
    const read: Record<string, unknown> = {};
    for (const [name, [words, isRight]] of Object.entries(optionRules)) {
      const value = given[name];
      if (value === undefined) continue;
      if (!isRight(value)) fail(`Expected ${name} to be ${words}, got ${printed(value)}.`);
      read[name] = value;
    }
    return read as Partial<T>;
  });
}

/** What a backend loads, and how. @throws {TrainerError} REQUEST_INVALID */
export function readLoad(
  model: unknown,
  how: LoadOptions | undefined,
): Partial<LoadOptions> & { readonly model: Uint8Array } {
  return { ...readOptions(how), model: reading('the model', () => readModel(model)) };
}

/** Of a load that was given up. */
export const loadAborted = 'Loading the model was aborted through its signal; nothing is left of it.';

/** Ends a call whose signal has been aborted. @throws {TrainerError} RUN_ABORTED */
export function checkAborted(signal: AbortSignal | undefined, message: string): void {
  if (signal?.aborted) throw new TrainerError('RUN_ABORTED', message, { cause: signal.reason });
}
