import { type Estimate, estimate } from '../../tools/serve/estimate.ts';
import type { Prepared } from '../data/prepare.ts';

/** Nodes of a graph beside those of a column or a member: blend, calibration, decision, outputs. */
const fixedNodes = 12;
const nodesPerCategory = 4;
const nodesPerMember = 10;

/** What a model will cost, from what is counted of its parts, by the shipped table of costs. */
export function forecast(
  prepared: Prepared,
  parts: { readonly operationsPerRow: number; readonly sizeBytes: number; readonly members: number },
): Estimate {
  return estimate({
    operationsPerRow: parts.operationsPerRow,
    graphNodes: fixedNodes + nodesPerCategory * prepared.categoryCount + nodesPerMember * parts.members,
    parameterBytes: parts.sizeBytes,
    inputs: prepared.inputs.length,
  });
}
