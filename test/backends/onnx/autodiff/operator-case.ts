import type { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';

/** One use of an operator; inputs, outputs and gradients by PyTorch are in `test/fixtures/engine`. */
export interface OperatorCase {
  readonly build: (graph: Graph, inputs: readonly Value[]) => Value;
  /** Types that the runtime has kernels for. @default both */
  readonly types?: readonly ('float' | 'double')[];
  /** Whether finite differences make no sense: a corner, or no values. */
  readonly isCorner?: true;
}
