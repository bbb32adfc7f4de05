import { kinked } from '../kinked.ts';
import { floatOf } from '../operator.ts';

/** gamma·x above zero, gamma·alpha·(eˣ − 1) below (Klambauer et al., 2017): there the slope is y + gamma·alpha. */
export const selu = kinked('Selu', ({ graph, y, attributes }) => {
  const alpha = floatOf(attributes, 'alpha', 1.6732631921768188);
  const gamma = floatOf(attributes, 'gamma', 1.0507010221481323);
  return { above: gamma, below: graph.apply('Add', [y, graph.scalar(gamma * alpha, y)]) };
});
