import { addRows } from '../add-rows.ts';
import { defineOperator, intOf } from '../operator.ts';
import { frontAxis, sizeOf } from '../shapes.ts';

/** Slices along an axis by their numbers; the gradient adds each slice back to its row. */
export const gather = defineOperator({
  name: 'Gather',
  infer([x, indices], attributes) {
    const axis = frontAxis('Gather', intOf(attributes, 'axis', 0), x!.shape.length);
    return [{ type: x!.type, shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] }];
  },
  gradient({ graph, inputs: [x, indices], attributes, gradient }, index) {
    if (index !== 0) return undefined;
    const axis = frontAxis('Gather', intOf(attributes, 'axis', 0), x!.shape.length);
    const rows = x!.shape[axis]!;
    const count = sizeOf(indices!.shape);
    const outer = sizeOf(x!.shape.slice(0, axis));
    const inner = sizeOf(x!.shape.slice(axis + 1));
    // [outer, count, inner], then the axis to the front: [count, outer·inner].
    const slabs = graph.apply('Reshape', [gradient, graph.ints([outer, count, inner])]);
    const front = outer === 1 ? slabs : graph.apply('Transpose', [slabs], { perm: { ints: [1, 0, 2] } });
    const matrix = graph.apply('Reshape', [front, graph.ints([count, outer * inner])]);
    const flat = graph.apply('Reshape', [indices!, graph.ints([count])]);
    const sums = addRows(graph, rows, flat, matrix);
    const split = graph.apply('Reshape', [sums, graph.ints([rows, outer, inner])]);
    const back = outer === 1 ? split : graph.apply('Transpose', [split], { perm: { ints: [1, 0, 2] } });
    return graph.apply('Reshape', [back, graph.ints(x!.shape)]);
  },
});
