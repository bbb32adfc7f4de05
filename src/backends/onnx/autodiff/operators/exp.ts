import { elementwise } from '../operator.ts';

/** eˣ; its own derivative. */
export const exp = elementwise('Exp', ({ graph, gradient, y }) => graph.apply('Mul', [gradient, y]));
