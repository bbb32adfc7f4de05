import { defineOperator, integersOf, intOf, unfit } from '../operator.ts';
import { frontAxis } from '../shapes.ts';

/** Slices one after another along an axis, of the sizes in the second input; the gradient joins them again. */
export const split = defineOperator({
  name: 'Split',
  infer([x, list], attributes) {
    const axis = frontAxis('Split', intOf(attributes, 'axis', 0), x!.shape.length);
    if (list === undefined) throw unfit('Split', 'expected the sizes as a constant');
    const sizes = integersOf('Split', list);
    if (sizes.reduce((sum, size) => sum + size, 0) !== x!.shape[axis]) {
      throw unfit('Split', `sizes ${sizes} do not add up to those of [${x!.shape}]`);
    }
    return sizes.map((size) => ({ type: x!.type, shape: x!.shape.with(axis, size) }));
  },
  gradient({ graph, outputs, attributes, gradients }) {
    const parts = outputs.map((output, i) => gradients[i] ?? graph.full(output.shape, 0, output));
    return graph.apply('Concat', parts, { axis: { int: intOf(attributes, 'axis', 0) } });
  },
});
