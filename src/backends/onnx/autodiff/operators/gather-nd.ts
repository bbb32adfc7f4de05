import { addRows } from '../add-rows.ts';
import { defineOperator, intOf, unfit } from '../operator.ts';
import { sizeOf } from '../shapes.ts';

/** Slices by their positions on the first axes, [..., k] of them; each slice's gradient is added where it came from. */
export const gatherNd = defineOperator({
  name: 'GatherND',
  infer([x, indices], attributes) {
    const depth = indices!.shape.at(-1)!;
    if (intOf(attributes, 'batch_dims', 0) !== 0) throw unfit('GatherND', 'expected batch_dims to be 0');
    if (depth > x!.shape.length) throw unfit('GatherND', `[${x!.shape}] has fewer axes than ${depth}`);
    return [{ type: x!.type, shape: [...indices!.shape.slice(0, -1), ...x!.shape.slice(depth)] }];
  },
  gradient({ graph, inputs: [x, indices], gradient }, index) {
    if (index !== 0) return undefined;
    const depth = indices!.shape.at(-1)!;
    const sizes = x!.shape.slice(0, depth);
    const count = sizeOf(indices!.shape.slice(0, -1));
    const list = (values: readonly number[]) =>
      graph.apply('Cast', [graph.ints(values)], { to: { int: indices!.type === 'int32' ? 6 : 7 } });
    const matrix = graph.apply('Reshape', [indices!, graph.ints([count, depth])]);
    const isBehind = graph.apply('Less', [matrix, list([0])]);
    const front = graph.apply('Where', [isBehind, graph.apply('Add', [matrix, list(sizes)]), matrix]);
    const strides = sizes.map((_, axis) => sizeOf(sizes.slice(axis + 1)));
    const rows = graph.apply('ReduceSum', [graph.apply('Mul', [front, list(strides)]), graph.ints([1])], {
      keepdims: { int: 0 },
    });
    const inner = sizeOf(x!.shape.slice(depth));
    const slices = graph.apply('Reshape', [gradient, graph.ints([count, inner])]);
    return graph.apply('Reshape', [addRows(graph, sizeOf(sizes), rows, slices), graph.ints(x!.shape)]);
  },
});
