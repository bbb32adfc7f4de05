import { TrainerError } from '../../core/errors.ts';
import { type BlobArray, decodeArrays, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import type { Tensor, Tensors, TrainingData } from '../backend.ts';
import { typedArrays } from '../typed-arrays.ts';

/** The version of what client and worker say to each other; neither talks to another one. */
export const protocolVersion = 1;

/** The header that carries it. */
export const protocolHeader = 'traineragent-protocol';

/** The key of an object that stands for a file, by its number in a list of hashes; no option has such a name. */
export const fileKey = ':file';

/** Puts files where {@link fileKey} stands for them. */
export function withFiles(value: unknown, files: readonly Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => withFiles(one, files));
  if (Object.hasOwn(value, fileKey)) return files[(value as { readonly [fileKey]: number })[fileKey]];
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withFiles(one, files)]));
}

interface TensorHeader {
  readonly dtype: keyof typeof typedArrays;
  readonly shape: readonly number[];
}

/** JSON and tensors, as one binary message. */
export interface Message {
  readonly json: unknown;
  readonly tensors?: Tensors;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function partsOf({ json, tensors = {} }: Message): Uint8Array[] {
  const arrays: Record<string, BlobArray> = {};
  const headers: Record<string, TensorHeader> = {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    if (dtype === 'string')
      throw new TrainerError(
        'REQUEST_INVALID',
        'A remote worker takes no tensors of text. Predict with this model on this machine, by another backend.',
      );
    headers[name] = { dtype, shape };
    arrays[name] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return encodeArrays({ json, tensors: headers }, arrays);
}

/** A message as bytes: JSON, and the numbers as they are. */
export const encodeMessage = (message: Message): Uint8Array => join(partsOf(message));

/** @throws {TrainerError} STORE_FAILED or FORMAT_VERSION where it is none */
export function decodeMessage(bytes: Uint8Array): Required<Message> {
  const { json, arrays } = decodeArrays(bytes);
  const { json: own, tensors: headers } = json as { json: unknown; tensors: Readonly<Record<string, TensorHeader>> };
  const tensors: Record<string, Tensor> = {};
  for (const [name, { dtype, shape }] of Object.entries(headers)) {
    // A copy, so that it lies where its type may lie, and the message can go.
    const { buffer } = (arrays[name] as Uint8Array).slice();
    tensors[name] = { dtype, shape, data: new typedArrays[dtype](buffer as ArrayBuffer) } as Tensor;
  }
  return { json: own, tensors };
}

/** Data of a training as one message: equal data are equal bytes. */
export function encodeData({ inputs, targets }: TrainingData): Uint8Array {
  const named = (side: string, tensors: Tensors) =>
    Object.keys(tensors)
      .sort()
      .map((name) => [`${side}/${name}`, tensors[name]!] as const);
  return encodeMessage({
    json: 'data',
    tensors: Object.fromEntries([...named('inputs', inputs), ...named('targets', targets)]),
  });
}

/** The data of {@link encodeData}. */
export function decodeData(bytes: Uint8Array): TrainingData {
  const sides = { inputs: {} as Record<string, Tensor>, targets: {} as Record<string, Tensor> };
  for (const [key, tensor] of Object.entries(decodeMessage(bytes).tensors)) {
    const [side, name] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    sides[side === 'inputs' ? 'inputs' : 'targets'][name] = tensor;
  }
  return sides;
}

/** Lists of row numbers as two tensors. */
export function encodeBatches(batches: readonly Int32Array[]): Tensors {
  const rows = new Int32Array(batches.reduce((sum, batch) => sum + batch.length, 0));
  let at = 0;
  for (const batch of batches) {
    rows.set(batch, at);
    at += batch.length;
  }
  const sizes = Int32Array.from(batches, (batch) => batch.length);
  return {
    rows: { dtype: 'int32', shape: [rows.length], data: rows },
    sizes: { dtype: 'int32', shape: [sizes.length], data: sizes },
  };
}

/** The lists of {@link encodeBatches}. */
export function decodeBatches({ rows, sizes }: Tensors): Int32Array[] {
  let at = 0;
  return Array.from(sizes!.data as Int32Array, (size) => {
    at += size;
    return (rows!.data as Int32Array).slice(at - size, at);
  });
}

/** A message of a stream: its length, then itself. */
export function frame(message: Message): Uint8Array {
  const parts = partsOf(message);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(
    0,
    parts.reduce((sum, part) => sum + part.length, 0),
    true,
  );
  return join([length, ...parts]);
}

/**
 * The messages of a stream, as its pieces come; what is cut off at the end is none. Pieces are gathered and joined once a message is
 * whole: a checkpoint of a hundred megabytes comes in thousands of them.
 */
export async function* readFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Required<Message>> {
  let held: Uint8Array[] = [];
  let size = 0;
  let length: number | undefined;
  const take = (count: number): Uint8Array => {
    const all = held.length === 1 ? held[0]! : join(held);
    held = count < all.length ? [all.subarray(count)] : [];
    size -= count;
    return all.subarray(0, count);
  };
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    while (size >= (length ?? 4)) {
      const bytes = take(length ?? 4);
      if (length === undefined) length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      else {
        length = undefined;
        yield decodeMessage(bytes);
      }
    }
  }
}
