import type { AttributeValue, Constant } from './graph-builder.ts';

/** Constants with numbers. */
type Numbers = Exclude<Constant, { readonly type: 'string' }>;
type NumberType = Numbers['type'];

/** What a node is evaluated on. */
interface Call {
  readonly inputs: readonly (Numbers | undefined)[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

type Evaluate = (call: Call) => readonly Constant[] | undefined;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);

/** The most elements that evaluating may make of fewer. */
const mostElements = 1 << 20;

const intOf = ({ attributes }: Call, name: string, otherwise: number): number => {
  const value = attributes[name];
  return value !== undefined && 'int' in value ? Number(value.int) : otherwise;
};

const intsOf = ({ attributes }: Call, name: string): readonly number[] | undefined => {
  const value = attributes[name];
  return value !== undefined && 'ints' in value ? Array.from(value.ints, Number) : undefined;
};

/** Plain numbers of a constant; undefined where one of its integers has more than 53 bits. */
function numbersOf({ data }: Numbers): ArrayLike<number> | undefined {
  if (!(data instanceof BigInt64Array)) return data;
  const numbers = Float64Array.from(data, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : undefined;
}

/** Numbers as a constant of a type; undefined where one does not fit it. */
export function constantOfNumbers(
  type: NumberType,
  shape: readonly number[],
  numbers: ArrayLike<number>,
): Constant | undefined {
  switch (type) {
    case 'float':
      return { type, shape, data: Float32Array.from(numbers) };
    case 'double':
      return { type, shape, data: Float64Array.from(numbers) };
    case 'int64':
      for (let i = 0; i < numbers.length; i++) if (!Number.isSafeInteger(numbers[i])) return undefined;
      return { type, shape, data: BigInt64Array.from(Array.from(numbers), BigInt) };
    case 'int32': {
      const data = Int32Array.from(numbers);
      return data.every((value, i) => value === numbers[i]) ? { type, shape, data } : undefined;
    }
    default: {
      const data = Uint8Array.from(numbers);
      return data.every((value, i) => value === numbers[i]) ? { type, shape, data } : undefined;
    }
  }
}

function broadcast(shapes: readonly (readonly number[])[]): readonly number[] | undefined {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (sizes.some((size) => size !== sizes[0])) return undefined;
    result.push(sizes[0] ?? 1);
  }
  return result;
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** For each place of a shape the place in another that broadcasts to it. */
function placesIn(shape: readonly number[], from: readonly number[]): Int32Array {
  const strides = stridesOf(from);
  const lead = shape.length - from.length;
  const steps = shape.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!));
  return walk(shape, steps, 0);
}

/** For each place of a shape its offset by steps along the axes. */
function walk(shape: readonly number[], steps: readonly number[], start: number): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  const counter = shape.map(() => 0);
  let at = start;
  for (let i = 0; i < places.length; i++) {
    places[i] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++counter[axis]! < shape[axis]!) break;
      at -= steps[axis]! * shape[axis]!;
      counter[axis] = 0;
    }
  }
  return places;
}

function pick(x: Numbers, shape: readonly number[], places: Int32Array): Constant {
  const { type } = x;
  if (x.type === 'int64') return { type: 'int64', shape, data: BigInt64Array.from(places, (at) => x.data[at]!) };
  const data = new (x.data.constructor as new (length: number) => Float32Array)(places.length);
  for (let i = 0; i < places.length; i++) data[i] = x.data[places[i]!] as number;
  return { type, shape, data } as unknown as Constant;
}

/** An operator on numbers that broadcast. Single precision is exact: +, −, ×, ÷ and √ round once either way. */
function elementwise(work: (...values: number[]) => number, result?: NumberType): Evaluate {
  return ({ inputs }) => {
    const all = inputs as readonly Numbers[];
    const shape = broadcast(all.map((input) => input.shape));
    const numbers = all.map(numbersOf);
    if (shape === undefined || sizeOf(shape) > mostElements || numbers.includes(undefined)) return undefined;
    const places = all.map((input) => placesIn(shape, input.shape));
    const out = new Float64Array(sizeOf(shape));
    const values = all.map(() => 0);
    for (let i = 0; i < out.length; i++) {
      for (let j = 0; j < values.length; j++) values[j] = numbers[j]![places[j]![i]!]!;
      out[i] = work(...values);
    }
    const type = result ?? all[0]!.type;
    const made = constantOfNumbers(type, shape, out);
    return made === undefined ? undefined : [made];
  };
}

const integral = (type: NumberType): boolean => type !== 'float' && type !== 'double';

const divide: Evaluate = (call) => {
  const type = call.inputs[0]!.type;
  // Integers are cut towards zero; a division by zero is left to the runtime.
  if (
    integral(type) &&
    numbersOf(call.inputs[1]!) !== undefined &&
    Array.from(call.inputs[1]!.data, Number).includes(0)
  ) {
    return undefined;
  }
  return elementwise(integral(type) ? (a, b) => Math.trunc(a! / b!) : (a, b) => a! / b!)(call);
};

const front = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const reshaped = (x: Numbers, shape: readonly number[]): readonly Constant[] | undefined =>
  sizeOf(shape) === sizeOf(x.shape) ? [{ ...x, shape } as Constant] : undefined;

const axesIn = (call: Call): readonly number[] | undefined =>
  call.inputs[1] === undefined ? intsOf(call, 'axes') : Array.from(call.inputs[1].data, Number);

const reduce =
  (start: number, work: (sum: number, value: number) => number): Evaluate =>
  (call) => {
    const x = call.inputs[0]!;
    if (!integral(x.type)) return undefined;
    const numbers = numbersOf(x);
    if (numbers === undefined) return undefined;
    const rank = x.shape.length;
    const given = axesIn(call) ?? [];
    if (given.length === 0 && intOf(call, 'noop_with_empty_axes', 0) === 1) return [x];
    const axes = new Set(given.length === 0 ? x.shape.keys() : given.map((axis) => front(axis, rank)));
    const kept = x.shape.map((size, axis) => (axes.has(axis) ? 1 : size));
    const out = new Float64Array(sizeOf(kept)).fill(start);
    const places = placesIn(x.shape, kept);
    for (let i = 0; i < places.length; i++) out[places[i]!] = work(out[places[i]!]!, numbers[i]!);
    const shape = intOf(call, 'keepdims', 1) === 1 ? kept : x.shape.filter((_, axis) => !axes.has(axis));
    const made = constantOfNumbers(x.type, shape, out);
    return made === undefined ? undefined : [made];
  };

const castTypes: Readonly<Record<number, NumberType>> = {
  1: 'float',
  2: 'uint8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  11: 'double',
};

const evaluations: Readonly<Record<string, Evaluate>> = {
  Identity: ({ inputs }) => [inputs[0]!],
  Add: elementwise((a, b) => a! + b!),
  Sub: elementwise((a, b) => a! - b!),
  Mul: elementwise((a, b) => a! * b!),
  Div: divide,
  Neg: elementwise((a) => -a!),
  Abs: elementwise((a) => Math.abs(a!)),
  Sqrt: elementwise((a) => Math.sqrt(a!)),
  Reciprocal: elementwise((a) => 1 / a!),
  Floor: elementwise((a) => Math.floor(a!)),
  Ceil: elementwise((a) => Math.ceil(a!)),
  Min: elementwise((...values) => Math.min(...values)),
  Max: elementwise((...values) => Math.max(...values)),
  Equal: elementwise((a, b) => (a === b ? 1 : 0), 'bool'),
  Greater: elementwise((a, b) => (a! > b! ? 1 : 0), 'bool'),
  GreaterOrEqual: elementwise((a, b) => (a! >= b! ? 1 : 0), 'bool'),
  Less: elementwise((a, b) => (a! < b! ? 1 : 0), 'bool'),
  LessOrEqual: elementwise((a, b) => (a! <= b! ? 1 : 0), 'bool'),
  Not: elementwise((a) => 1 - a!),
  And: elementwise((a, b) => a! * b!),
  Or: elementwise((a, b) => Math.max(a!, b!)),
  Where: (call) => elementwise((test, a, b) => (test === 1 ? a! : b!), call.inputs[1]!.type)(call),
  ReduceSum: reduce(0, (sum, value) => sum + value),
  ReduceProd: reduce(1, (sum, value) => sum * value),
  ReduceMax: reduce(-Infinity, Math.max),
  ReduceMin: reduce(Infinity, Math.min),
  Shape(call) {
    const { shape } = call.inputs[0]!;
    const part = shape.slice(intOf(call, 'start', 0), intOf(call, 'end', shape.length));
    return [{ type: 'int64', shape: [part.length], data: BigInt64Array.from(part, BigInt) }];
  },
  Size: ({ inputs }) => [{ type: 'int64', shape: [], data: BigInt64Array.of(BigInt(sizeOf(inputs[0]!.shape))) }],
  Cast(call) {
    const x = call.inputs[0]!;
    const type = castTypes[intOf(call, 'to', 0)];
    const numbers = numbersOf(x);
    if (type === undefined || numbers === undefined) return undefined;
    const cut = integral(type) && type !== 'bool' ? Array.from(numbers, Math.trunc) : numbers;
    const made = constantOfNumbers(
      type,
      x.shape,
      type === 'bool' ? Array.from(cut, (value) => (value === 0 ? 0 : 1)) : cut,
    );
    return made === undefined ? undefined : [made];
  },
  Reshape(call) {
    const [x, shape] = call.inputs as [Numbers, Numbers];
    const isZeroKept = intOf(call, 'allowzero', 0) === 1;
    const asked = Array.from(shape.data, Number).map((size, axis) =>
      size === 0 && !isZeroKept ? x.shape[axis]! : size,
    );
    const known = sizeOf(asked.filter((size) => size !== -1));
    return reshaped(
      x,
      asked.map((size) => (size === -1 ? sizeOf(x.shape) / known : size)),
    );
  },
  Squeeze(call) {
    const x = call.inputs[0]!;
    const axes = axesIn(call)?.map((axis) => front(axis, x.shape.length));
    return reshaped(
      x,
      x.shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis))),
    );
  },
  Unsqueeze(call) {
    const x = call.inputs[0]!;
    const given = axesIn(call) ?? [];
    const rank = x.shape.length + given.length;
    const axes = new Set(given.map((axis) => front(axis, rank)));
    const rest = [...x.shape];
    return reshaped(
      x,
      Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.shift()!)),
    );
  },
  Transpose(call) {
    const x = call.inputs[0]!;
    const order = intsOf(call, 'perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
    const strides = stridesOf(x.shape);
    const shape = order.map((axis) => x.shape[axis]!);
    const steps = order.map((axis) => strides[axis]!);
    return [pick(x, shape, walk(shape, steps, 0))];
  },
  Expand({ inputs }) {
    const [x, wanted] = inputs as [Numbers, Numbers];
    const shape = broadcast([x.shape, Array.from(wanted.data, Number)]);
    if (shape === undefined || sizeOf(shape) > mostElements) return undefined;
    return [pick(x, shape, placesIn(shape, x.shape))];
  },
  Gather(call) {
    const [x, indices] = call.inputs as [Numbers, Numbers];
    const axis = front(intOf(call, 'axis', 0), x.shape.length);
    const rows = x.shape[axis]!;
    const chosen = Array.from(indices.data, Number).map((index) => (index < 0 ? index + rows : index));
    if (chosen.some((index) => index < 0 || index >= rows)) return undefined;
    const outer = sizeOf(x.shape.slice(0, axis));
    const inner = sizeOf(x.shape.slice(axis + 1));
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    if (sizeOf(shape) > mostElements) return undefined;
    const places = new Int32Array(sizeOf(shape));
    let at = 0;
    for (let i = 0; i < outer; i++) {
      for (const index of chosen) for (let j = 0; j < inner; j++) places[at++] = (i * rows + index) * inner + j;
    }
    return [pick(x, shape, places)];
  },
  Concat(call) {
    const all = call.inputs as readonly Numbers[];
    const first = all[0]!;
    const axis = front(intOf(call, 'axis', 0), first.shape.length);
    const size = all.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    const shape = first.shape.with(axis, size);
    if (first.type === 'int64' && shape.length === 1) {
      const parts = all.flatMap(({ data }) => Array.from(data as BigInt64Array));
      return [{ type: 'int64', shape, data: BigInt64Array.from(parts) }];
    }
    const numbers = all.map(numbersOf);
    if (numbers.includes(undefined)) return undefined;
    const outer = sizeOf(shape.slice(0, axis));
    const out = new Float64Array(sizeOf(shape));
    let at = 0;
    for (let i = 0; i < outer; i++) {
      for (const [j, part] of all.entries()) {
        const block = sizeOf(part.shape.slice(axis));
        for (let k = 0; k < block; k++) out[at++] = numbers[j]![i * block + k]!;
      }
    }
    const made = constantOfNumbers(first.type, shape, out);
    return made === undefined ? undefined : [made];
  },
  Slice({ inputs }) {
    const [x, starts, ends, given, by] = inputs;
    const list = (value: Numbers | undefined) => (value === undefined ? undefined : Array.from(value.data, Number));
    const from = list(starts)!;
    const to = list(ends)!;
    const axes = list(given) ?? from.map((_, axis) => axis);
    const steps = list(by) ?? from.map(() => 1);
    const strides = stridesOf(x!.shape);
    const shape = [...x!.shape];
    let start = 0;
    for (const [i, axis] of axes.map((one) => front(one, x!.shape.length)).entries()) {
      const size = x!.shape[axis]!;
      const step = steps[i]!;
      if (step === 0) return undefined;
      const place = (position: number, least: number, most: number) =>
        Math.min(most, Math.max(least, position < 0 ? position + size : position));
      const first = step > 0 ? place(from[i]!, 0, size) : place(from[i]!, 0, size - 1);
      const last = step > 0 ? place(to[i]!, 0, size) : place(to[i]!, -1, size - 1);
      shape[axis] = Math.max(0, Math.ceil((last - first) / step));
      start += first * strides[axis]!;
      strides[axis]! *= step;
    }
    return [pick(x!, shape, walk(shape, strides, start))];
  },
  Range({ inputs }) {
    const [start, limit, step] = inputs.map((input) => Number(input!.data[0]));
    const count = Math.max(0, Math.ceil((limit! - start!) / step!));
    if (count > mostElements || !integral(inputs[0]!.type)) return undefined;
    const made = constantOfNumbers(
      inputs[0]!.type,
      [count],
      Float64Array.from({ length: count }, (_, i) => start! + i * step!),
    );
    return made === undefined ? undefined : [made];
  },
  ConstantOfShape({ inputs, attributes }) {
    const shape = Array.from(inputs[0]!.data, Number);
    const count = sizeOf(shape);
    if (count > mostElements) return undefined;
    const { value } = attributes;
    const filling = value !== undefined && 'tensor' in value ? value.tensor : undefined;
    if (filling === undefined)
      return value === undefined ? [{ type: 'float', shape, data: new Float32Array(count) }] : undefined;
    if (filling.type === 'string') return undefined;
    return [pick(filling, shape, new Int32Array(count))];
  },
};

/** Operators that {@link evaluateNode} knows. */
export const evaluatedOperators: ReadonlySet<string> = new Set(Object.keys(evaluations));

/**
 * What a node of the ONNX domain makes of constants, in the form of opset 21; undefined where it is left to a runtime: another operator,
 * or integers and sizes beyond what is worked out here. Results are those of the runtime bit for bit.
 */
export function evaluateNode(
  operator: string,
  inputs: readonly (Constant | undefined)[],
  attributes: Readonly<Record<string, AttributeValue>>,
): readonly Constant[] | undefined {
  const evaluate = evaluations[operator];
  if (evaluate === undefined || inputs.some((input) => input?.type === 'string')) return undefined;
  return evaluate({ inputs: inputs as readonly (Numbers | undefined)[], attributes });
}
