import type { OnnxGraph } from '../model.ts';
import { namesTakenBy } from './graph-pass.ts';

/** Removes nodes and initializers that no output of the graph depends on. Inputs stay, as callers hand them over. */
export function removeDeadCode(graph: OnnxGraph): OnnxGraph {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => wanted.has(output))) return false;
      for (const name of namesTakenBy(node)) wanted.add(name);
      return true;
    })
    .reverse();
  return {
    ...graph,
    nodes,
    initializers: graph.initializers.filter(({ name }) => wanted.has(name)),
    values: graph.values.filter(({ name }) => wanted.has(name)),
  };
}
