import { defineOperator, integersOf, unfit } from '../operator.ts';
import { frontAxis, reducedShape } from '../shapes.ts';

/** The same values with axes of size 1 removed. */
export const squeeze = defineOperator({
  name: 'Squeeze',
  infer([x, list]) {
    const rank = x!.shape.length;
    const axes = new Set(integersOf('Squeeze', list!).map((axis) => frontAxis('Squeeze', axis, rank)));
    if ([...axes].some((axis) => x!.shape[axis] !== 1)) throw unfit('Squeeze', `[${x!.shape}] has other sizes than 1`);
    return [{ type: x!.type, shape: reducedShape(x!.shape, axes, false) }];
  },
  gradient: ({ graph, inputs: [x], gradient }) => graph.apply('Reshape', [gradient, graph.ints(x!.shape)]),
});
