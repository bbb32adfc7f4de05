import { defineOperator, integersOf } from '../operator.ts';
import { frontAxis } from '../shapes.ts';

/** The same values with axes of size 1 added. */
export const unsqueeze = defineOperator({
  name: 'Unsqueeze',
  infer([x, list]) {
    const given = integersOf('Unsqueeze', list!);
    const rank = x!.shape.length + given.length;
    const axes = new Set(given.map((axis) => frontAxis('Unsqueeze', axis, rank)));
    const rest = [...x!.shape];
    const shape = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.shift()!));
    return [{ type: x!.type, shape }];
  },
  gradient: ({ graph, inputs: [x], gradient }) => graph.apply('Reshape', [gradient, graph.ints(x!.shape)]),
});
