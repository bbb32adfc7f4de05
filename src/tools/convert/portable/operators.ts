import { allocate, broadcastIndex, broadcastShape, numbersOf, sizeOf, type Value, type ValueType } from './tensor.ts';
import { createTrees } from './trees.ts';

/** Reads the attributes of a node. */
export interface Attributes {
  number(name: string, otherwise: number): number;
  value(name: string): Value | undefined;
  texts(name: string): readonly string[];
}

/** Makes the evaluation of a node; what does not depend on its inputs is made once. */
type Operator = (attributes: Attributes) => (inputs: readonly Value[]) => Value;

/** Element by element, for two or more inputs. */
const each =
  (compute: (a: number, b: number) => number, type?: ValueType): Operator =>
  () =>
  (inputs) =>
    inputs.slice(1).reduce((a, b) => {
      const shape = broadcastShape(a.shape, b.shape);
      const size = sizeOf(shape);
      const kind = type ?? a.type;
      const out = allocate(kind, size);
      const [x, y] = [numbersOf(a), numbersOf(b)];
      const [atX, atY] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
      for (let i = 0; i < size; i++) out[i] = compute(x[atX(i)]!, y[atY(i)]!);
      return { type: kind, shape, data: out };
    }, inputs[0]!);

const map =
  (compute: (x: number) => number, type?: ValueType): Operator =>
  () =>
  ([x]) => {
    const kind = type ?? x!.type;
    const out = allocate(kind, numbersOf(x!).length);
    for (let i = 0; i < out.length; i++) out[i] = compute(numbersOf(x!)[i]!);
    return { type: kind, shape: x!.shape, data: out };
  };

const elementTypes: Readonly<Record<number, ValueType>> = { 1: 'float32', 7: 'int64', 9: 'bool', 11: 'float64' };

const cast: Operator = (attributes) => {
  const type = elementTypes[attributes.number('to', 1)]!;
  const convert = (x: number): number => (type === 'bool' ? Number(x !== 0) : type === 'int64' ? Math.trunc(x) : x);
  return map(convert, type)(attributes);
};

/** Whole numbers of a value, as a list. */
const list = (value: Value): number[] => Array.from(numbersOf(value));

/** Elements picked from another array, whatever their type. */
function pick(source: Value, shape: readonly number[], indexAt: (at: number) => number): Value {
  const size = sizeOf(shape);
  if (source.type === 'string') {
    return { type: 'string', shape, data: Array.from({ length: size }, (_, i) => source.data[indexAt(i)] as string) };
  }
  const out = allocate(source.type, size);
  for (let i = 0; i < size; i++) out[i] = numbersOf(source)[indexAt(i)]!;
  return { type: source.type, shape, data: out };
}

const gather: Operator = (attributes) => {
  const axis = attributes.number('axis', 0);
  return ([source, indices]) => {
    const inner = sizeOf(source!.shape.slice(axis + 1));
    const length = source!.shape[axis]!;
    const at = list(indices!);
    const shape = [...source!.shape.slice(0, axis), ...indices!.shape, ...source!.shape.slice(axis + 1)];
    return pick(source!, shape, (i) => {
      const outer = Math.floor(i / (at.length * inner));
      const index = at[Math.floor(i / inner) % at.length]!;
      return (outer * length + (index < 0 ? index + length : index)) * inner + (i % inner);
    });
  };
};

const concat: Operator = (attributes) => {
  const axis = attributes.number('axis', 0);
  return (inputs) => {
    const widths = inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
    const width = widths.reduce((a, b) => a + b, 0);
    const outer = sizeOf(inputs[0]!.shape.slice(0, axis));
    const out = allocate(inputs[0]!.type, outer * width);
    let offset = 0;
    inputs.forEach((input, k) => {
      const data = numbersOf(input);
      const own = widths[k]!;
      for (let i = 0; i < outer; i++) out.set(data.subarray(i * own, (i + 1) * own), i * width + offset);
      offset += own;
    });
    const shape = inputs[0]!.shape.map((size, i) =>
      i === axis ? inputs.reduce((sum, input) => sum + input.shape[axis]!, 0) : size,
    );
    return { type: inputs[0]!.type, shape, data: out };
  };
};

const matMul: Operator =
  () =>
  ([a, b]) => {
    const [rows, inner, columns] = [a!.shape[0]!, a!.shape[1]!, b!.shape[1]!];
    const out = allocate(a!.type, rows * columns);
    const [x, y] = [numbersOf(a!), numbersOf(b!)];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += x[i * inner + k]! * y[k * columns + j]!;
        out[i * columns + j] = sum;
      }
    }
    return { type: a!.type, shape: [rows, columns], data: out };
  };

const reduceSum: Operator = (attributes) => {
  const keeps = attributes.number('keepdims', 1) === 1;
  return ([x, axes]) => {
    const axis = list(axes!)[0]!;
    const [length, inner] = [x!.shape[axis]!, sizeOf(x!.shape.slice(axis + 1))];
    const outer = sizeOf(x!.shape.slice(0, axis));
    const out = allocate(x!.type, outer * inner);
    for (let i = 0; i < outer; i++)
      for (let k = 0; k < inner; k++) {
        let sum = 0;
        for (let j = 0; j < length; j++) sum += numbersOf(x!)[(i * length + j) * inner + k]!;
        out[i * inner + k] = sum;
      }
    const shape = x!.shape.flatMap((size, i) => (i === axis ? (keeps ? [1] : []) : [size]));
    return { type: x!.type, shape, data: out };
  };
};

const softmax: Operator =
  () =>
  ([x]) => {
    const width = x!.shape.at(-1)!;
    const data = numbersOf(x!);
    const out = allocate(x!.type, data.length);
    for (let from = 0; from < data.length; from += width) {
      let top = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < width; i++) top = Math.max(top, data[from + i]!);
      const shares = Array.from({ length: width }, (_, i) => Math.exp(data[from + i]! - top));
      const total = shares.reduce((a, b) => a + b, 0);
      for (let i = 0; i < width; i++) out[from + i] = shares[i]! / total;
    }
    return { type: x!.type, shape: x!.shape, data: out };
  };

const argMax: Operator =
  () =>
  ([x]) => {
    const width = x!.shape.at(-1)!;
    const data = numbersOf(x!);
    const out = new Float64Array(data.length / width);
    for (let row = 0; row < out.length; row++)
      for (let k = 1; k < width; k++) if (data[row * width + k]! > data[row * width + out[row]!]!) out[row] = k;
    return { type: 'int64', shape: [out.length], data: out };
  };

const reshape: Operator =
  () =>
  ([x, wanted]) => {
    const shape = list(wanted!).map((size, i) => (size === 0 ? x!.shape[i]! : size));
    const free = shape.indexOf(-1);
    const fixed = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
    if (free >= 0) shape[free] = sizeOf(x!.shape) / fixed;
    return { ...x!, shape };
  };

const where: Operator =
  () =>
  ([condition, a, b]) => {
    const shape = broadcastShape(broadcastShape(condition!.shape, a!.shape), b!.shape);
    const [isTrue, atA, atB] = [condition!, a!, b!].map((value) => broadcastIndex(value.shape, shape));
    const out = allocate(a!.type, sizeOf(shape));
    for (let i = 0; i < out.length; i++)
      out[i] = numbersOf(condition!)[isTrue!(i)] === 1 ? numbersOf(a!)[atA!(i)]! : numbersOf(b!)[atB!(i)]!;
    return { type: a!.type, shape, data: out };
  };

const clip: Operator =
  () =>
  ([x, low, high]) => {
    const [least, most] = [numbersOf(low!)[0]!, numbersOf(high!)[0]!];
    return map((value) => Math.min(most, Math.max(least, value)))({} as Attributes)([x!]);
  };

const labelEncoder: Operator = (attributes) => {
  const codes = attributes.value('values_int64s');
  const other = attributes.number('default_int64', -1);
  const codeOf = new Map(attributes.texts('keys_strings').map((key, i) => [key, numbersOf(codes!)[i]!]));
  return ([x]) => ({
    type: 'int64',
    shape: x!.shape,
    data: Float64Array.from(x!.data as readonly string[], (text) => codeOf.get(text) ?? other),
  });
};

const shapeOf: Operator = (attributes) => {
  const [start, end] = [attributes.number('start', 0), attributes.number('end', Number.POSITIVE_INFINITY)];
  return ([x]) => {
    const sizes = x!.shape.slice(start, Math.min(end, x!.shape.length));
    return { type: 'int64', shape: [sizes.length], data: Float64Array.from(sizes) };
  };
};

const expand: Operator =
  () =>
  ([x, wanted]) => {
    const shape = broadcastShape(x!.shape, list(wanted!));
    return pick(x!, shape, broadcastIndex(x!.shape, shape));
  };

/** Without (or with more) dimensions of size 1, which do not move the data. */
const squeeze: Operator =
  () =>
  ([x, axes]) => ({ ...x!, shape: x!.shape.filter((_, i) => !list(axes!).includes(i)) });

const unsqueeze: Operator =
  () =>
  ([x, axes]) => {
    const at = list(axes!);
    const rest = [...x!.shape];
    return {
      ...x!,
      shape: Array.from({ length: rest.length + at.length }, (_, i) => (at.includes(i) ? 1 : rest.shift()!)),
    };
  };

const divide: Operator = (attributes) => {
  const [whole, real] = [each((a, b) => Math.trunc(a / b))(attributes), each((a, b) => a / b)(attributes)];
  return (inputs) => (inputs[0]!.type === 'int64' ? whole(inputs) : real(inputs));
};

/** Operators that graphs of linear models, trees and their preprocessing have; the names are ONNX's. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: each((a, b) => a + b),
  Sum: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: each((a, b) => a * b),
  Div: divide,
  // With the sign of the divisor.
  Mod: each((a, b) => a - Math.floor(a / b) * b),
  Max: each(Math.max),
  Min: each(Math.min),
  Equal: each((a, b) => Number(a === b), 'bool'),
  Less: each((a, b) => Number(a < b), 'bool'),
  GreaterOrEqual: each((a, b) => Number(a >= b), 'bool'),
  IsNaN: map((x) => Number(Number.isNaN(x)), 'bool'),
  IsInf: map((x) => Number(Math.abs(x) === Number.POSITIVE_INFINITY), 'bool'),
  Relu: map((x) => Math.max(0, x)),
  Log: map(Math.log),
  Sigmoid: map((x) => 1 / (1 + Math.exp(-x))),
  Identity: map((x) => x),
  Cast: cast,
  Gather: gather,
  Concat: concat,
  MatMul: matMul,
  ReduceSum: reduceSum,
  Softmax: softmax,
  ArgMax: argMax,
  Reshape: reshape,
  Where: where,
  Clip: clip,
  LabelEncoder: labelEncoder,
  Shape: shapeOf,
  Expand: expand,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  TreeEnsemble: (attributes) => {
    const run = createTrees(attributes.value, attributes.number('n_targets', 1));
    return ([x]) => run(x!);
  },
};
