import { each, map, type Operator } from './elementwise.ts';
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
import { createTrees } from './trees.ts';

const elementTypes: Readonly<Record<number, ValueType>> = { 1: 'float32', 7: 'int64', 9: 'bool', 11: 'float64' };

const cast: Operator = (attributes) => {
  const type = elementTypes[attributes.number('to', 1)]!;
  if (type === 'float32' || type === 'float64')
    return ([x]) => {
      const out = allocate(type, numbersOf(x!).length);
      out.set(numbersOf(x!));
      return { type, shape: x!.shape, data: out };
    };
  const convert = (x: number): number => (type === 'bool' ? Number(x !== 0) : type === 'int64' ? Math.trunc(x) : x);
  return map(convert, type)(attributes);
};

/** Whole numbers of a value, as a list. */
const list = (value: Value): number[] => Array.from(numbersOf(value));

/** Elements picked from another array, whatever their type. */
function pick(source: Value, shape: readonly number[], indexAt: (at: number) => number): Value {
  const size = sizeOf(shape);
  if (source.type === 'string') {
    const texts = new Array<string>(size);
    for (let i = 0; i < size; i++) texts[i] = source.data[indexAt(i)] as string;
    return { type: 'string', shape, data: texts };
  }
  const data = numbersOf(source);
  const out = allocate(source.type, size);
  for (let i = 0; i < size; i++) out[i] = data[indexAt(i)]!;
  return { type: source.type, shape, data: out };
}

const gather: Operator = (attributes) => {
  const axis = attributes.number('axis', 0);
  return ([source, indices]) => {
    const inner = sizeOf(source!.shape.slice(axis + 1));
    const length = source!.shape[axis]!;
    const at = numbersOf(indices!);
    const shape = [...source!.shape.slice(0, axis), ...indices!.shape, ...source!.shape.slice(axis + 1)];
    if (inner === 1 && axis === 0) return pick(source!, shape, (i) => (at[i]! < 0 ? at[i]! + length : at[i]!));
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
      if (own > 16) for (let i = 0; i < outer; i++) out.set(data.subarray(i * own, (i + 1) * own), i * width + offset);
      else
        for (let i = 0, from = 0; i < outer; i++)
          for (let j = 0, to = i * width + offset; j < own; j++) out[to++] = data[from++]!;
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
    const data = numbersOf(x!);
    for (let i = 0; i < outer; i++)
      for (let k = 0; k < inner; k++) {
        let sum = 0;
        for (let j = 0; j < length; j++) sum += data[(i * length + j) * inner + k]!;
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
    const shares = new Float64Array(width);
    for (let from = 0; from < data.length; from += width) {
      let top = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < width; i++) top = Math.max(top, data[from + i]!);
      let total = 0;
      for (let i = 0; i < width; i++) {
        shares[i] = Math.exp(data[from + i]! - top);
        total += shares[i]!;
      }
      for (let i = 0; i < width; i++) out[from + i] = shares[i]! / total;
    }
    return { type: x!.type, shape: x!.shape, data: out };
  };

const argMax: Operator =
  () =>
  ([x]) => {
    const width = x!.shape.at(-1)!;
    const data = numbersOf(x!);
    const out = allocate('int64', data.length / width);
    for (let row = 0; row < out.length; row++) {
      let best = 0;
      for (let k = 1; k < width; k++) if (data[row * width + k]! > data[row * width + best]!) best = k;
      out[row] = best;
    }
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
    const [chosen, x, y] = [numbersOf(condition!), numbersOf(a!), numbersOf(b!)];
    const out = allocate(a!.type, sizeOf(shape));
    const repeated = repeatOf(a!.shape, shape);
    if (repeated !== undefined && chosen.length === out.length && y.length === out.length)
      for (let i = 0, j = 0; i < out.length; i++) {
        out[i] = chosen[i] === 1 ? x[j]! : y[i]!;
        if (++j === repeated) j = 0;
      }
    else {
      const [isTrue, atA, atB] = [condition!, a!, b!].map((value) => broadcastIndex(value.shape, shape));
      for (let i = 0; i < out.length; i++) out[i] = chosen[isTrue!(i)] === 1 ? x[atA!(i)]! : y[atB!(i)]!;
    }
    return { type: a!.type, shape, data: out };
  };

const clip: Operator =
  () =>
  ([x, low, high]) => {
    const [least, most] = [numbersOf(low!)[0]!, numbersOf(high!)[0]!];
    const data = numbersOf(x!);
    const out = allocate(x!.type, data.length);
    // NaN stays NaN, as by Math.min and Math.max.
    for (let i = 0; i < out.length; i++) out[i] = data[i]! < least ? least : Math.min(data[i]!, most);
    return { type: x!.type, shape: x!.shape, data: out };
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
  const [whole, real] = [
    each((a, b) => Math.trunc(a / b))(attributes),
    each((a, b) => a / b, { loop: 'Div' })(attributes),
  ];
  return (inputs) => (inputs[0]!.type === 'int64' ? whole(inputs) : real(inputs));
};

/** Operators that graphs of linear models, trees and their preprocessing have; the names are ONNX's. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: each((a, b) => a + b, { loop: 'Add' }),
  Sum: each((a, b) => a + b, { loop: 'Add' }),
  Sub: each((a, b) => a - b, { loop: 'Sub' }),
  Mul: each((a, b) => a * b, { loop: 'Mul' }),
  Div: divide,
  // With the sign of the divisor.
  Mod: each((a, b) => a - Math.floor(a / b) * b),
  Max: each(Math.max),
  Min: each(Math.min),
  Equal: each((a, b) => Number(a === b), { type: 'bool' }),
  Less: each((a, b) => Number(a < b), { type: 'bool' }),
  GreaterOrEqual: each((a, b) => Number(a >= b), { type: 'bool' }),
  IsNaN:
    () =>
    ([x]) => {
      const data = numbersOf(x!);
      const out = allocate('bool', data.length);
      for (let i = 0; i < out.length; i++) out[i] = Number.isNaN(data[i]!) ? 1 : 0;
      return { type: 'bool', shape: x!.shape, data: out };
    },
  IsInf:
    () =>
    ([x]) => {
      const data = numbersOf(x!);
      const out = allocate('bool', data.length);
      for (let i = 0; i < out.length; i++) out[i] = Math.abs(data[i]!) === Number.POSITIVE_INFINITY ? 1 : 0;
      return { type: 'bool', shape: x!.shape, data: out };
    },
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
