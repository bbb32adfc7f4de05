import type { Graph } from '../autodiff/graph.ts';
import { finitePairwise, finitePointwise, hasOrder } from '../autodiff/pointwise.ts';
import { sameShape } from '../autodiff/shapes.ts';
import type { GraphNode, Value } from '../autodiff/value.ts';

/** Operators on each value alone, which can change places with a transposition. */
const pointwise = new Set([...finitePointwise, ...finitePairwise, 'Div', 'Sqrt']);

/** The axes of channels-last values in the order of channels first: batch, channels, positions. */
const firstOrder = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** And back. */
const lastOrder = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

function turnsTo({ operator, attributes }: GraphNode, order: readonly number[]): boolean {
  return operator === 'Transpose' && hasOrder(attributes, order);
}

/**
 * A value [N, ...positions, C] as [N, C, ...positions], which convolutions take. Transpositions cancel out, through
 * operators on single values too: between convolutions nothing is left of them.
 */
export function channelsFirst(graph: Graph, value: Value): Value {
  const rank = value.shape.length;
  const node = graph.producerOf(value);
  if (node !== undefined) {
    if (turnsTo(node, lastOrder(rank))) return node.inputs[0]!;
    const isLike = node.inputs.every(({ shape }) => shape.length === 0 || sameShape(shape, value.shape));
    if (pointwise.has(node.operator) && isLike) {
      const inputs = node.inputs.map((input) => (input.shape.length === 0 ? input : channelsFirst(graph, input)));
      return graph.apply(node.operator, inputs, node.attributes);
    }
    if (node.operator === 'Concat' && isChannelAxis(node, rank)) {
      const inputs = node.inputs.map((input) => channelsFirst(graph, input));
      return graph.apply('Concat', inputs, { axis: { int: 1 } });
    }
  }
  return graph.apply('Transpose', [value], { perm: { ints: firstOrder(rank) } });
}

function isChannelAxis({ attributes: { axis } }: GraphNode, rank: number): boolean {
  return axis !== undefined && 'int' in axis && [-1, rank - 1].includes(Number(axis.int));
}

/** A value [N, C, ...positions] as [N, ...positions, C], which all other layers take. */
export function channelsLast(graph: Graph, value: Value): Value {
  const rank = value.shape.length;
  const node = graph.producerOf(value);
  if (node !== undefined && turnsTo(node, firstOrder(rank))) return node.inputs[0]!;
  return graph.apply('Transpose', [value], { perm: { ints: lastOrder(rank) } });
}
