import type { Graph } from '../autodiff/graph.ts';
import { sameShape } from '../autodiff/shapes.ts';
import type { GraphNode, Value } from '../autodiff/value.ts';

/** A convolution on blocks that nothing was fused into as its last step. */
function isOpen(node: GraphNode | undefined): node is GraphNode {
  return node?.operator === 'nchwc.Conv' && node.attributes.activation === undefined;
}

/**
 * Fuses sums and ReLUs into the convolutions on blocks whose outputs they take: the kernel adds and cuts while the values
 * are still in its registers, where a node of its own reads and writes all of them once more. Results differ by rounding alone.
 *
 * @param nodes in order, none dead.
 * @param kept values that are outputs of the graph.
 */
export function fuseBlocks(graph: Graph, nodes: readonly GraphNode[], kept: ReadonlySet<Value>): readonly GraphNode[] {
  const uses = new Map<Value, number>();
  for (const { inputs } of nodes) for (const input of inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  const producers = new Map<Value, GraphNode>();
  const made = new Set<GraphNode>();
  const convolutionOf = (value: Value): GraphNode | undefined => {
    const node = producers.get(value);
    return isOpen(node) && uses.get(value) === 1 && !kept.has(value) ? node : undefined;
  };
  const fused = (node: GraphNode): GraphNode => {
    const [a, b] = node.inputs as [Value, Value];
    const outputs = node.outputs;
    if (node.operator === 'Relu') {
      const convolution = convolutionOf(a);
      if (convolution === undefined) return node;
      made.delete(convolution);
      return { ...convolution, outputs, attributes: { ...convolution.attributes, activation: { string: 'Relu' } } };
    }
    if (node.operator !== 'Add' || !sameShape(a.shape, b.shape)) return node;
    for (const [value, other] of [
      [b, a],
      [a, b],
    ] as const) {
      const convolution = convolutionOf(value);
      if (convolution === undefined || convolution.inputs.length > 3) continue;
      made.delete(convolution);
      const [x, w, bias = graph.full([value.shape[1]!], 0, value)] = convolution.inputs;
      return { ...convolution, inputs: [x!, w!, bias, other], outputs };
    }
    return node;
  };
  for (const node of nodes) {
    const result = fused(node);
    made.add(result);
    for (const output of result.outputs) producers.set(output, result);
  }
  return [...made];
}
