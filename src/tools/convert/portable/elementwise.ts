import {
  allocate,
  broadcastIndex,
  broadcastShape,
  numbersOf,
  repeatOf,
  sizeOf,
  type Value,
  type ValueType,
} from './tensor.ts';

/** Reads the attributes of a node. */
export interface Attributes {
  number(name: string, otherwise: number): number;
  value(name: string): Value | undefined;
  texts(name: string): readonly string[];
}

/** Makes the evaluation of a node; what does not depend on its inputs is made once. */
export type Operator = (attributes: Attributes) => (inputs: readonly Value[]) => Value;

type Numbers = ReturnType<typeof numbersOf>;

/** One loop an operation: a call for each element takes longer than the arithmetic. */
const loops: Readonly<Record<string, (x: Numbers, y: Numbers, repeated: number, out: Numbers) => void>> = {
  Add(x, y, repeated, out) {
    for (let i = 0, j = 0; i < out.length; i++, j = j + 1 === repeated ? 0 : j + 1) out[i] = x[i]! + y[j]!;
  },
  Sub(x, y, repeated, out) {
    for (let i = 0, j = 0; i < out.length; i++, j = j + 1 === repeated ? 0 : j + 1) out[i] = x[i]! - y[j]!;
  },
  Mul(x, y, repeated, out) {
    for (let i = 0, j = 0; i < out.length; i++, j = j + 1 === repeated ? 0 : j + 1) out[i] = x[i]! * y[j]!;
  },
  Div(x, y, repeated, out) {
    for (let i = 0, j = 0; i < out.length; i++, j = j + 1 === repeated ? 0 : j + 1) out[i] = x[i]! / y[j]!;
  },
};

/** Element by element, for two or more inputs. */
export const each =
  (
    compute: (a: number, b: number) => number,
    options: { readonly type?: ValueType; readonly loop?: string } = {},
  ): Operator =>
  () =>
  (inputs) =>
    inputs.slice(1).reduce((a, b) => {
      const shape = broadcastShape(a.shape, b.shape);
      const size = sizeOf(shape);
      const kind = options.type ?? a.type;
      const out = allocate(kind, size);
      const [x, y] = [numbersOf(a), numbersOf(b)];
      const repeated = x.length === size ? repeatOf(b.shape, shape) : undefined;
      // A constant or a row beside every row of a matrix is by far the most frequent case.
      if (repeated !== undefined && options.loop !== undefined) loops[options.loop]!(x, y, repeated, out);
      else if (repeated !== undefined)
        for (let i = 0, j = 0; i < size; i++) {
          out[i] = compute(x[i]!, y[j]!);
          if (++j === repeated) j = 0;
        }
      else {
        const [atX, atY] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
        for (let i = 0; i < size; i++) out[i] = compute(x[atX(i)]!, y[atY(i)]!);
      }
      return { type: kind, shape, data: out };
    }, inputs[0]!);

/** One value after the other. */
export const map =
  (compute: (x: number) => number, type?: ValueType): Operator =>
  () =>
  ([x]) => {
    const kind = type ?? x!.type;
    const data = numbersOf(x!);
    const out = allocate(kind, data.length);
    for (let i = 0; i < out.length; i++) out[i] = compute(data[i]!);
    return { type: kind, shape: x!.shape, data: out };
  };
