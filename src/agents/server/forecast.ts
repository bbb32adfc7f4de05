import type { Calibration } from '../../core/calibration.ts';
import { type Estimate, estimate } from '../../tools/serve/estimate.ts';
import { graphNodesOf } from '../../tools/serve/graph-nodes.ts';
import type { Prepared } from '../data/prepare.ts';

/**
 * What a model will cost, from what is counted of its parts.
 *
 * @param machine - what was measured of this machine; without one the shipped table, by which alone something may be chosen
 */
export function forecast(
  prepared: Prepared,
  parts: { readonly operationsPerRow: number; readonly fileBytes: number; readonly members: number },
  machine?: Calibration,
): Estimate {
  return estimate(
    {
      operationsPerRow: parts.operationsPerRow,
      graphNodes: graphNodesOf({ categories: prepared.categoryCount, members: parts.members }),
      fileBytes: parts.fileBytes,
      inputs: prepared.inputs.length,
    },
    machine,
  );
}
