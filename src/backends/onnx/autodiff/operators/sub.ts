import { binary } from '../binary.ts';

/** a − b. */
export const sub = binary('Sub', [({ gradient }) => gradient, ({ graph, gradient }) => graph.apply('Neg', [gradient])]);
