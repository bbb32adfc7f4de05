import { kinked } from '../kinked.ts';
import { floatOf } from '../operator.ts';

/** x above zero, alpha·(e^(x/alpha) − 1) below (Barron, 2017): there the slope is y/alpha + 1. */
export const celu = kinked('Celu', ({ graph, y, attributes }) => {
  const scaled = graph.apply('Mul', [y, graph.scalar(1 / floatOf(attributes, 'alpha', 1), y)]);
  return { above: 1, below: graph.apply('Add', [scaled, graph.scalar(1, y)]) };
});
