import type { EmitPass } from './emit.ts';
import type { Graph } from './graph.ts';
import { sizeOf } from './shapes.ts';
import type { Attributes, GraphNode } from './value.ts';

/** Numbers in a row below which a transposition copies as fast. */
const leastRow = 8;

/** The order of axes where the last one stays; undefined for any other. */
function movedAxes({ perm }: Attributes): readonly number[] | undefined {
  const order = perm !== undefined && 'ints' in perm ? Array.from(perm.ints, Number) : [];
  return order.length > 1 && order.at(-1) === order.length - 1 ? order : undefined;
}

/** For each row behind the transposition, which one it was before. */
function rowsInOrder(shape: readonly number[], order: readonly number[]): Int32Array {
  const axes = order.slice(0, -1);
  const strides = shape.slice(0, -1).map((_, axis) => sizeOf(shape.slice(axis + 1, -1)));
  let numbers = Int32Array.of(0);
  for (const axis of axes) {
    const wider = new Int32Array(numbers.length * shape[axis]!);
    let at = 0;
    for (const start of numbers) for (let i = 0; i < shape[axis]!; i++) wider[at++] = start + i * strides[axis]!;
    numbers = wider;
  }
  return numbers;
}

/**
 * Makes of transpositions that move whole rows (of heads and positions, of samples and channels) a gathering of rows by constant numbers: all
 * threads share it, where a transposition works on one. One beside another stays, as the runtime makes one of both.
 */
export const moveRows: EmitPass = (graph, nodes) => {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const takers = new Map<unknown, GraphNode[]>();
  for (const node of nodes) for (const input of node.inputs) takers.set(input, [...(takers.get(input) ?? []), node]);
  const isTurn = (node: GraphNode | undefined) => node?.operator === 'Transpose';
  const placed = new Set<GraphNode>();
  const made: GraphNode[] = [];
  const place = (...more: readonly GraphNode[]) => {
    for (const node of more) if (!placed.has(node)) made.push(node);
    for (const node of more) placed.add(node);
  };
  for (const node of nodes) {
    const x = node.inputs[0]!;
    const order =
      isTurn(node) && x.type === 'float' && x.shape.at(-1)! >= leastRow ? movedAxes(node.attributes) : undefined;
    const isAlone = !isTurn(makers.get(x)) && !(takers.get(node.outputs[0]) ?? []).some(isTurn);
    if (order === undefined || !isAlone) place(node);
    else place(...gathered(graph, node, order));
  }
  return made;
};

function gathered(graph: Graph, { inputs: [x], outputs }: GraphNode, order: readonly number[]): readonly GraphNode[] {
  const { shape } = x!;
  const width = shape.at(-1)!;
  const numbers = graph.rowNumbers(`moved:${shape.slice(0, -1)}:${order}`, () => rowsInOrder(shape, order));
  const rows = graph.apply('Reshape', [x!, graph.ints([sizeOf(shape) / width, width])]);
  const taken = graph.apply('Gather', [rows, numbers], { axis: { int: 0 } });
  const back = graph.ints(outputs[0]!.shape);
  return [
    ...[rows, taken].map((value) => graph.producerOf(value)!),
    { operator: 'Reshape', inputs: [taken, back], outputs, attributes: {} },
  ];
}
