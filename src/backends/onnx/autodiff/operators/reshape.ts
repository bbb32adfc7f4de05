import { defineOperator, integersOf, intOf, unfit } from '../operator.ts';
import { sizeOf } from '../shapes.ts';

/** The same values in another shape; −1 is worked out, 0 copies the input's dimension. */
export const reshape = defineOperator({
  name: 'Reshape',
  infer([x, shape], attributes) {
    if (intOf(attributes, 'allowzero', 0) !== 0) throw unfit('Reshape', 'allowzero is not supported');
    const asked = integersOf('Reshape', shape!).map((size, axis) => (size === 0 ? (x!.shape[axis] ?? 0) : size));
    const known = sizeOf(asked.filter((size) => size !== -1));
    const sizes = asked.map((size) => (size === -1 ? sizeOf(x!.shape) / known : size));
    if (sizeOf(sizes) !== sizeOf(x!.shape) || sizes.some((size) => !Number.isInteger(size))) {
      throw unfit('Reshape', `[${x!.shape}] does not fill [${asked}]`);
    }
    return [{ type: x!.type, shape: sizes }];
  },
  gradient: ({ graph, inputs: [x], gradient }) => graph.apply('Reshape', [gradient, graph.ints(x!.shape)]),
});
