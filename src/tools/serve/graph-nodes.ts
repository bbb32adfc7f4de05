/** Nodes of a graph beside those of a column or a member: blend, calibration, decision, outputs. */
const fixedNodes = 12;
const nodesPerCategory = 4;
const nodesPerMember = 10;

/** About how many nodes a graph of ours has. */
export function graphNodesOf(parts: { readonly categories: number; readonly members: number }): number {
  return fixedNodes + nodesPerCategory * parts.categories + nodesPerMember * parts.members;
}
