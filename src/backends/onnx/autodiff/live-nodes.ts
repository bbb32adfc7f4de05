import type { GraphNode, Value } from './value.ts';

/** The nodes that the kept values depend on, in the same order. */
export function liveNodes(nodes: readonly GraphNode[], kept: Iterable<Value>): readonly GraphNode[] {
  const wanted = new Set(kept);
  return nodes
    .toReversed()
    .filter(({ inputs, outputs }) => {
      if (!outputs.some((output) => wanted.has(output))) return false;
      for (const input of inputs) wanted.add(input);
      return true;
    })
    .reverse();
}
