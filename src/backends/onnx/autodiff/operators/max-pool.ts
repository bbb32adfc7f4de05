import { defineOperator, intOf, intsOf, unfit } from '../operator.ts';
import { sizeOf } from '../shapes.ts';
import { windowOf } from '../window.ts';

/**
 * The largest value of each window, and its position in the whole of x. x: [N, C, ...sizes] → [N, C, ...outputs].
 * The gradient goes to that position; of equal values the first has it, as in PyTorch.
 */
export const maxPool = defineOperator({
  name: 'MaxPool',
  hasOptionalOutputs: true,
  infer([x], attributes) {
    if (intOf(attributes, 'storage_order', 0) !== 0) throw unfit('MaxPool', 'expected storage_order to be 0');
    const kernel = intsOf(attributes, 'kernel_shape') ?? [];
    const { output } = windowOf('MaxPool', x!.shape.slice(2), kernel, attributes);
    const shape = [...x!.shape.slice(0, 2), ...output];
    return [
      { type: x!.type, shape },
      { type: 'int64', shape },
    ];
  },
  gradient({ graph, inputs: [x], outputs: [, positions], gradient }) {
    const flat = (value: typeof gradient) => graph.apply('Reshape', [value, graph.ints([sizeOf(value.shape)])]);
    // The zeros are worked out while running: as a constant they would fill the model.
    const zeros = graph.apply('Expand', [graph.scalar(0, x!), graph.ints([sizeOf(x!.shape)])]);
    const sums = graph.apply('ScatterElements', [zeros, flat(positions!), flat(gradient)], {
      axis: { int: 0 },
      reduction: { string: 'add' },
    });
    return graph.apply('Reshape', [sums, graph.ints(x!.shape)]);
  },
});
