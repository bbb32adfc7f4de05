import { elementwise, type GraphOperations, type Operator } from './operator.ts';
import { step } from './step.ts';
import type { Attributes, Value } from './value.ts';

/** An activation with one slope above zero and another, worked out from the output, below. */
export function kinked(
  name: string,
  slopes: (context: { readonly graph: GraphOperations; readonly y: Value; readonly attributes: Attributes }) => {
    readonly above: number;
    readonly below: Value;
  },
): Operator {
  return elementwise(name, ({ graph, gradient, x, y, attributes }) => {
    const { above, below } = slopes({ graph, y, attributes });
    const isAbove = step(graph, x);
    const difference = graph.apply('Sub', [graph.scalar(above, y), below]);
    const slope = graph.apply('Add', [below, graph.apply('Mul', [isAbove, difference])]);
    return graph.apply('Mul', [gradient, slope]);
  });
}
