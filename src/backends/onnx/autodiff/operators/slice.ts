import { defineOperator, type GraphOperations, integersOf, unfit } from '../operator.ts';
import { frontAxis } from '../shapes.ts';
import type { Value } from '../value.ts';

/** What is taken of one axis: `count` positions from `start` on, each `step` further. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Positions counted from the front and cut to the shape, as ONNX has it. */
function rangesOf([x, starts, ends, axes, steps]: readonly Value[]): readonly Range[] {
  const rank = x!.shape.length;
  const from = integersOf('Slice', starts!);
  const to = integersOf('Slice', ends!);
  const by = steps === undefined ? from.map(() => 1) : integersOf('Slice', steps);
  const which = axes === undefined ? from.map((_, axis) => axis) : integersOf('Slice', axes);
  const ranges = x!.shape.map((size): Range => ({ start: 0, step: 1, count: size }));
  for (const [i, given] of which.entries()) {
    const axis = frontAxis('Slice', given, rank);
    const size = x!.shape[axis]!;
    const step = by[i]!;
    if (step === 0) throw unfit('Slice', 'expected steps other than 0');
    const place = (position: number, least: number, most: number) =>
      Math.min(most, Math.max(least, position < 0 ? position + size : position));
    const start = step > 0 ? place(from[i]!, 0, size) : place(from[i]!, 0, size - 1);
    const end = step > 0 ? place(to[i]!, 0, size) : place(to[i]!, -1, size - 1);
    ranges[axis] = { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  }
  return ranges;
}

/** A value with `step` − 1 zeros behind each position of an axis. */
function spread(graph: GraphOperations, value: Value, axis: number, step: number): Value {
  const { shape } = value;
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const pads = [...apart.map(() => 0), ...apart.map((_, i) => (i === axis + 1 ? step - 1 : 0))];
  const padded = graph.apply('Pad', [graph.apply('Reshape', [value, graph.ints(apart)]), graph.ints(pads)]);
  return graph.apply('Reshape', [padded, graph.ints(shape.with(axis, shape[axis]! * step))]);
}

/** Positions of each axis, one or several apart, forwards or backwards; the gradient has zeros between and around. */
export const slice = defineOperator({
  name: 'Slice',
  infer: (inputs) => [{ type: inputs[0]!.type, shape: rangesOf(inputs).map(({ count }) => count) }],
  gradient({ graph, inputs, gradient }, index) {
    if (index !== 0) return undefined;
    const { shape } = inputs[0]!;
    const ranges = rangesOf(inputs);
    const back = ranges.flatMap(({ step }, axis) => (step < 0 ? [axis] : []));
    const times = (value: number) => graph.ints(back.map(() => value));
    let value = gradient;
    if (back.length > 0) {
      value = graph.apply('Slice', [value, times(-1), times(-2147483648), graph.ints(back), times(-1)]);
    }
    const starts = ranges.map(({ start, step, count }) => (step < 0 ? start + step * Math.max(0, count - 1) : start));
    for (const [axis, { step }] of ranges.entries()) {
      if (Math.abs(step) !== 1) value = spread(graph, value, axis, Math.abs(step));
    }
    // The zeros behind the last position may reach beyond the end.
    const ends = value.shape.map((size, axis) => Math.min(size, shape[axis]! - starts[axis]!));
    if (ends.some((end, axis) => end !== value.shape[axis])) {
      value = graph.apply('Slice', [value, graph.ints(ends.map(() => 0)), graph.ints(ends)]);
    }
    return graph.apply('Pad', [
      value,
      graph.ints([...starts, ...ends.map((end, axis) => shape[axis]! - starts[axis]! - end)]),
    ]);
  },
});
