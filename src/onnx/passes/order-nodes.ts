import type { OnnxGraph, OnnxNode } from '../model.ts';
import { namesTakenBy } from './graph-pass.ts';

/**
 * Puts each node as late as what takes it allows: depth first from the outputs, so that a value is made right before its first use and
 * its buffer can be taken by the next. Of nodes that nothing orders, the order of the file stays.
 */
export function orderNodes(graph: OnnxGraph): OnnxGraph {
  const producers = new Map<string, OnnxNode>();
  for (const node of graph.nodes) for (const output of node.outputs) if (output !== '') producers.set(output, node);
  const nodes: OnnxNode[] = [];
  const placed = new Set<OnnxNode>();
  /** A list of what is left to do, not a recursion: graphs are thousands of nodes deep. */
  const place = (root: OnnxNode): void => {
    const stack: { readonly node: OnnxNode; readonly before: OnnxNode[] }[] = [];
    const enter = (node: OnnxNode): void => {
      if (placed.has(node)) return;
      const before = namesTakenBy(node).flatMap((name) => producers.get(name) ?? []);
      stack.push({ node, before: before.reverse() });
    };
    enter(root);
    while (stack.length > 0) {
      const { node, before } = stack.at(-1)!;
      const next = before.pop();
      if (next !== undefined) enter(next);
      else {
        stack.pop();
        if (!placed.has(node)) nodes.push(node);
        placed.add(node);
      }
    }
  };
  for (const { name } of graph.outputs) {
    const producer = producers.get(name);
    if (producer !== undefined) place(producer);
  }
  for (const node of graph.nodes) place(node);
  return { ...graph, nodes };
}
