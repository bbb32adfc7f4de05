import type { OnnxAttribute, OnnxGraph, OnnxNode } from '../model.ts';

/** Makes of a graph another one that gives the same outputs; nodes stay in an order in which each comes after what it takes. */
export type GraphPass = (graph: OnnxGraph) => OnnxGraph;

const graphsIn = (attribute: OnnxAttribute): readonly OnnxGraph[] =>
  attribute.graph === undefined ? (attribute.graphs ?? []) : [attribute.graph];

/** The names that a node takes, those that graphs inside it take from around included. */
export function namesTakenBy(node: OnnxNode): readonly string[] {
  const inner = node.attributes.flatMap(graphsIn).flatMap((graph) => {
    const own = new Set([
      ...graph.inputs.map(({ name }) => name),
      ...graph.initializers.map(({ name }) => name),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
    const taken = [...graph.nodes.flatMap(namesTakenBy), ...graph.outputs.map(({ name }) => name)];
    return taken.filter((name) => !own.has(name));
  });
  return [...node.inputs.filter((name) => name !== ''), ...inner];
}

/** Whether a node has graphs inside, which passes leave as they are. */
export function hasGraphs(node: OnnxNode): boolean {
  return node.attributes.some((attribute) => graphsIn(attribute).length > 0);
}

/** How often each name is taken, by nodes and as an output of the graph. */
export function countUses(graph: OnnxGraph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...graph.nodes.flatMap(namesTakenBy), ...graph.outputs.map((output) => output.name)]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}

/** A node without attributes, named after its output. */
export function plainNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly OnnxAttribute[] = [],
): OnnxNode {
  return { name: output, operator, domain: '', inputs, outputs: [output], attributes };
}
