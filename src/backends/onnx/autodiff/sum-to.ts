import type { GraphOperations } from './operator.ts';
import { sameShape, sizeOf } from './shapes.ts';
import { sumRows } from './sum-rows.ts';
import type { Value } from './value.ts';

/** Sums a gradient over the axes along which its input was broadcast. */
export function sumTo(graph: GraphOperations, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value;
  const lead = value.shape.length - shape.length;
  const axes = value.shape.flatMap((size, axis) => {
    const isSummed = axis < lead || (shape[axis - lead] === 1 && size !== 1);
    return isSummed ? [axis] : [];
  });
  if (axes.length === 0) return graph.apply('Reshape', [value, graph.ints(shape)]);
  const rows = sizeOf(value.shape.slice(0, axes.length));
  const columns = sizeOf(value.shape.slice(axes.length));
  // The first axes and no others; anything else is left to ReduceSum.
  if (axes.every((axis, i) => axis === i) && rows > 0 && columns > 0) {
    const matrix =
      value.shape.length === 2 && axes.length === 1
        ? value
        : graph.apply('Reshape', [value, graph.ints([rows, columns])]);
    const sums = sumRows(graph, matrix);
    return sameShape(sums.shape, shape) ? sums : graph.apply('Reshape', [sums, graph.ints(shape)]);
  }
  const sums = graph.apply('ReduceSum', [value, graph.ints(axes)], { keepdims: { int: 1 } });
  return sameShape(sums.shape, shape) ? sums : graph.apply('Reshape', [sums, graph.ints(shape)]);
}
