import { elementwise } from '../operator.ts';

/** The natural logarithm. */
export const log = elementwise('Log', ({ graph, gradient, x }) => graph.apply('Div', [gradient, x]));
