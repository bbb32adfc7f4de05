import { elementwise } from '../operator.ts';

/** x / (1 + |x|): g / (1 + |x|)². */
export const softsign = elementwise('Softsign', ({ graph, gradient, x }) => {
  const below = graph.apply('Add', [graph.apply('Abs', [x]), graph.scalar(1, x)]);
  return graph.apply('Div', [graph.apply('Div', [gradient, below]), below]);
});
