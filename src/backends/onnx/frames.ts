import type { ErrorCode } from '../../core/errors.ts';
import type { Tensor, TensorInfo, Tensors } from '../backend.ts';
import { typedArrays } from '../typed-arrays.ts';
import { type DeviceName, deviceNames } from './device-runtime.ts';

/** What the host sends to a child that predicts. */
export type ToChild =
  | { readonly type: 'load'; readonly model: Uint8Array; readonly threads: number; readonly device: DeviceName }
  | { readonly type: 'predict'; readonly tensors: Tensors }
  | { readonly type: 'measure' };

/** What the child answers; each message has one answer, in their order. */
export type FromChild =
  | { readonly type: 'loaded'; readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] }
  | { readonly type: 'predicted'; readonly tensors: Tensors }
  | { readonly type: 'measured'; readonly memoryBytes: number }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

const types = ['load', 'predict', 'loaded', 'predicted', 'failed', 'measure', 'measured'] as const;
const dtypes = ['float32', 'float64', 'int64', 'int32', 'uint8', 'bool', 'string'] as const;

/** Type, nothing, and the bytes that follow, as a double: more than four billion of them have to be countable. */
const headerBytes = 16;
/** Below this, one copy costs less than one more write. */
const smallBytes = 65_536;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/**
 * A message as the bytes of one frame, in pieces to be written in order. Numbers go as the bytes that they are, texts as
 * one UTF-8 text with the length of each; nothing is turned into JSON but names and errors. Large arrays are not copied.
 */
export function encodeFrame(message: ToChild | FromChild): readonly Uint8Array[] {
  switch (message.type) {
    case 'load': {
      const threads = Buffer.alloc(8);
      threads.writeUInt32LE(message.threads);
      threads.writeUInt32LE(deviceNames.indexOf(message.device), 4);
      return frame(message.type, [threads, message.model]);
    }
    case 'predict':
    case 'predicted':
      return frame(message.type, tensorPieces(message.tensors));
    default:
      return frame(message.type, [Buffer.from(JSON.stringify(message))]);
  }
}

function frame(type: (typeof types)[number], pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const isSmall = length < smallBytes;
  const head = Buffer.allocUnsafe(headerBytes + (isSmall ? length : 0));
  head.writeUInt32LE(types.indexOf(type), 0);
  head.writeUInt32LE(0, 4);
  head.writeDoubleLE(length, 8);
  if (!isSmall) return [head, ...pieces];
  let at = headerBytes;
  for (const piece of pieces) {
    head.set(piece, at);
    at += piece.length;
  }
  return [head];
}

/** Each tensor: type, rank and length of the name; bytes of data; dimensions; name; data from a multiple of 8 on. */
function tensorPieces(tensors: Tensors): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const name of Object.keys(tensors)) {
    const tensor = tensors[name]!;
    const data = tensor.dtype === 'string' ? textBytes(tensor.data) : bytesOf(tensor.data);
    const rank = tensor.shape.length;
    const nameBytes = Buffer.byteLength(name);
    const head = Buffer.alloc(aligned(16 + 4 * rank + nameBytes));
    head.writeUInt8(dtypes.indexOf(tensor.dtype), 0);
    head.writeUInt8(rank, 1);
    head.writeUInt32LE(nameBytes, 4);
    head.writeDoubleLE(data.length, 8);
    for (let axis = 0; axis < rank; axis++) head.writeUInt32LE(tensor.shape[axis]!, 16 + 4 * axis);
    head.write(name, 16 + 4 * rank);
    pieces.push(head, data);
    const rest = aligned(data.length) - data.length;
    if (rest > 0) pieces.push(new Uint8Array(rest));
  }
  return pieces;
}

const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Lengths in UTF-16 units, then all texts as one: a call a batch costs less than a call a text. */
function textBytes(texts: readonly string[]): Uint8Array {
  const joined = texts.join('');
  const bytes = Buffer.allocUnsafe(4 * texts.length + Buffer.byteLength(joined));
  for (let i = 0; i < texts.length; i++) bytes.writeUInt32LE(texts[i]!.length, 4 * i);
  bytes.write(joined, 4 * texts.length);
  return bytes;
}

/** Puts the bytes of a stream together to messages. */
export class FrameReader<Message extends ToChild | FromChild> {
  readonly #onMessage: (message: Message) => void;
  readonly #head = Buffer.alloc(headerBytes);
  #headFilled = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;

  constructor(onMessage: (message: Message) => void) {
    this.#onMessage = onMessage;
  }

  /** Takes the next bytes; calls back for each message that they complete. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length || (this.#body !== undefined && this.#bodyFilled === this.#body.length)) {
      if (this.#body === undefined) {
        const taken = Math.min(headerBytes - this.#headFilled, chunk.length - at);
        this.#head.set(chunk.subarray(at, at + taken), this.#headFilled);
        this.#headFilled += taken;
        at += taken;
        if (this.#headFilled < headerBytes) return;
        // An array of its own, so that typed arrays may begin at every multiple of 8.
        this.#body = new Uint8Array(this.#head.readDoubleLE(8));
        this.#bodyFilled = 0;
      }
      const body = this.#body;
      const taken = Math.min(body.length - this.#bodyFilled, chunk.length - at);
      body.set(taken === chunk.length ? chunk : chunk.subarray(at, at + taken), this.#bodyFilled);
      this.#bodyFilled += taken;
      at += taken;
      if (this.#bodyFilled < body.length) return;
      this.#body = undefined;
      this.#headFilled = 0;
      this.#onMessage(decode(types[this.#head.readUInt32LE(0)]!, body) as Message);
    }
  }
}

function decode(type: (typeof types)[number], body: Uint8Array): ToChild | FromChild {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  switch (type) {
    case 'load':
      return {
        type,
        threads: bytes.readUInt32LE(0),
        device: deviceNames[bytes.readUInt32LE(4)]!,
        model: body.subarray(8),
      };
    case 'predict':
    case 'predicted':
      return { type, tensors: decodeTensors(bytes) };
    default:
      return JSON.parse(bytes.toString()) as FromChild;
  }
}

function decodeTensors(bytes: Buffer): Tensors {
  const tensors: [string, Tensor][] = [];
  let at = 0;
  while (at < bytes.length) {
    const dtype = dtypes[bytes.readUInt8(at)]!;
    const rank = bytes.readUInt8(at + 1);
    const nameBytes = bytes.readUInt32LE(at + 4);
    const dataBytes = bytes.readDoubleLE(at + 8);
    const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32LE(at + 16 + 4 * axis));
    const nameStart = at + 16 + 4 * rank;
    const name = bytes.toString('utf8', nameStart, nameStart + nameBytes);
    const dataStart = at + aligned(16 + 4 * rank + nameBytes);
    let data: unknown;
    if (dtype === 'string') {
      const count = shape.reduce((product, dimension) => product * dimension, 1);
      data = decodeTexts(bytes.subarray(dataStart, dataStart + dataBytes), count);
    } else {
      const View = typedArrays[dtype];
      data = new View(bytes.buffer as ArrayBuffer, bytes.byteOffset + dataStart, dataBytes / View.BYTES_PER_ELEMENT);
    }
    tensors.push([name, { dtype, data, shape } as Tensor]);
    at = dataStart + aligned(dataBytes);
  }
  return Object.fromEntries(tensors);
}

function decodeTexts(bytes: Buffer, count: number): string[] {
  const joined = bytes.toString('utf8', 4 * count);
  const texts = new Array<string>(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(4 * i);
    texts[i] = joined.slice(at, at + length);
    at += length;
  }
  return texts;
}
