import { kinked } from '../kinked.ts';
import { floatOf } from '../operator.ts';

/** x above zero, alpha·(eˣ − 1) below (Clevert et al., 2016): there the slope is y + alpha. */
export const elu = kinked('Elu', ({ graph, y, attributes }) => ({
  above: 1,
  below: graph.apply('Add', [y, graph.scalar(floatOf(attributes, 'alpha', 1), y)]),
}));
