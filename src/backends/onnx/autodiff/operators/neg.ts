import { elementwise } from '../operator.ts';

/** −x. */
export const neg = elementwise('Neg', ({ graph, gradient }) => graph.apply('Neg', [gradient]));
