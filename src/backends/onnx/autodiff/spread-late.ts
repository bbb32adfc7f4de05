import type { EmitPass } from './emit.ts';
import { liveNodes } from './live-nodes.ts';
import { sameShape, sizeOf } from './shapes.ts';
import type { GraphNode, Value } from './value.ts';

/** What changes the shape of a value and none of its numbers. */
const reshapes = new Set(['Expand', 'Reshape', 'Unsqueeze', 'Squeeze', 'Identity']);

/** What works on each number alone, and broadcasts. */
const pairwise = new Set(['Add', 'Sub', 'Mul', 'Div']);

/**
 * One number that is spread over a shape, such as a mean's gradient, stays one number where what takes it would broadcast
 * it anyway: nodes over rows become nodes over a scalar, and the spreading goes.
 */
export const spreadLate: EmitPass = (graph, nodes, kept) => {
  const numbers = new Map<Value, Value>();
  const numberOf = (value: Value): Value | undefined =>
    numbers.get(value) ?? (sizeOf(value.shape) === 1 && value.type === 'float' ? value : undefined);
  const made = new Set<GraphNode>();
  const onNumbers = (operator: string, inputs: readonly Value[]): Value => {
    const value = graph.apply(operator, inputs);
    // An equal node of the graph may be due later; what it takes is there.
    made.add(graph.producerOf(value)!);
    return value;
  };
  for (const node of nodes) {
    const { operator, inputs, outputs } = node;
    const output = outputs[0]!;
    const first = inputs[0] && numberOf(inputs[0]);
    if (first !== undefined && reshapes.has(operator)) numbers.set(output, first);
    else if (operator === 'Neg' && numbers.has(inputs[0]!)) numbers.set(output, onNumbers(operator, [first!]));
    else if (pairwise.has(operator) && inputs.some((input) => numbers.has(input))) {
      const single = inputs.map(numberOf);
      if (single.every((value) => value !== undefined)) numbers.set(output, onNumbers(operator, single));
      else {
        const narrow = inputs.map((input, i) => {
          const number = single[i];
          const isBroadcast = sameShape(inputs[1 - i]!.shape, output.shape);
          return number !== undefined && isBroadcast && number.shape.length <= output.shape.length ? number : input;
        });
        made.add({ ...node, inputs: narrow });
        continue;
      }
    }
    made.add(node);
  }
  return liveNodes([...made], kept);
};
