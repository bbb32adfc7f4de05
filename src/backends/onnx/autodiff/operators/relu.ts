import { elementwise } from '../operator.ts';
import { step } from '../step.ts';

/** max(x, 0). The mask is taken from the output, so that the input can be fused into the operator before. */
export const relu = elementwise('Relu', ({ graph, gradient, y }) => graph.apply('Mul', [gradient, step(graph, y)]));
