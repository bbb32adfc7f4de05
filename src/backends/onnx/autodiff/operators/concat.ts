import { defineOperator, intOf, unfit } from '../operator.ts';
import { frontAxis, sameShape } from '../shapes.ts';

/** Values one after another along an axis; each has its slice of the gradient. */
export const concat = defineOperator({
  name: 'Concat',
  infer(inputs, attributes) {
    const first = inputs[0]!;
    const axis = frontAxis('Concat', intOf(attributes, 'axis', 0), first.shape.length);
    const size = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    const shape = first.shape.with(axis, size);
    if (inputs.some((input) => input.shape.length <= axis || !sameShape(input.shape.with(axis, size), shape))) {
      throw unfit('Concat', `shapes ${inputs.map((input) => `[${input.shape}]`).join(', ')} differ off the axis`);
    }
    return [{ type: first.type, shape }];
  },
  gradient({ graph, inputs, attributes, gradient }, index) {
    const axis = frontAxis('Concat', intOf(attributes, 'axis', 0), gradient.shape.length);
    const sizes = inputs.map(({ shape }) => shape[axis]!);
    // One node for all inputs: the graph makes an equal one once.
    return graph.applyAll('Split', [gradient, graph.ints(sizes)], { axis: { int: axis } })[index];
  },
});
