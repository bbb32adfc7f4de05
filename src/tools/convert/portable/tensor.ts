import type { PortableData } from './portable-model.ts';

/** Element types of values; int64 is computed in float64. */
export type ValueType = 'float32' | 'float64' | 'int64' | 'bool' | 'string';

/** A value while a graph is run. */
export interface Value {
  readonly type: ValueType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Uint8Array | readonly string[];
}

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

type Numbers = Float32Array | Float64Array | Uint8Array;

/** Arrays that one run of a graph after the other computes in, so that a long file makes no garbage. */
export interface Scratch {
  readonly arrays: Numbers[];
  next: number;
}

let scratch: Scratch | undefined;

/** Calls a function whose arrays are those of the call before; what it leaves in them is gone with the next one. */
export function withScratch(arrays: Scratch, run: () => void): void {
  scratch = arrays;
  arrays.next = 0;
  try {
    run();
  } finally {
    scratch = undefined;
  }
}

const arrayOf = (type: ValueType) => (type === 'float32' ? Float32Array : type === 'bool' ? Uint8Array : Float64Array);

/** An array of an element type that holds numbers; whoever asks fills all of it. */
export function allocate(type: ValueType, size: number): Numbers {
  const Kind = arrayOf(type);
  if (scratch === undefined) return new Kind(size);
  const place = scratch.next++;
  const known = scratch.arrays[place];
  if (known instanceof Kind && known.length >= size) return known.length === size ? known : known.subarray(0, size);
  const made = new Kind(size);
  scratch.arrays[place] = made;
  return made;
}

/** Numbers of a value. */
export const numbersOf = (value: Value): Float32Array | Float64Array | Uint8Array =>
  value.data as Float32Array | Float64Array | Uint8Array;

/** Reads what the file keeps. */
export function readData({ type, shape, data }: PortableData): Value {
  if (type === 'string') return { type, shape, data };
  const text = atob(data);
  const bytes = Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  if (type === 'bool') return { type, shape, data: bytes };
  return { type, shape, data: type === 'float32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer) };
}

/** The shape that two broadcast to, as in NumPy. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}

/** Where the element of each place of the broadcast shape is in the value. */
export function broadcastIndex(from: readonly number[], to: readonly number[]): (at: number) => number {
  const size = sizeOf(from);
  if (size === 1) return () => 0;
  if (size === sizeOf(to)) return (at) => at;
  const strides = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let i = to.length - 1; i >= 0; i--) {
    const own = from[i - to.length + from.length] ?? 1;
    if (own !== 1) strides[i] = stride;
    stride *= own;
  }
  return (at) => {
    let rest = at;
    let index = 0;
    for (let i = to.length - 1; i >= 0; i--) {
      index += (rest % to[i]!) * strides[i]!;
      rest = Math.floor(rest / to[i]!);
    }
    return index;
  };
}

/** Elements after which a value comes again where it is broadcast to a shape; undefined where it does so otherwise than from the end. */
export function repeatOf(from: readonly number[], to: readonly number[]): number | undefined {
  const size = sizeOf(from);
  let inner = 1;
  for (let i = 1; i <= to.length && inner < size; i++) {
    if ((from[from.length - i] ?? 1) !== to[to.length - i]) return undefined;
    inner *= to[to.length - i]!;
  }
  return inner === size ? size : undefined;
}
