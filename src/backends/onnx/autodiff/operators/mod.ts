import { binary } from '../binary.ts';

/** The remainder of a/b with the sign of a (`fmod`): g, and −g·trunc(a/b). */
export const mod = binary('Mod', [
  ({ gradient }) => gradient,
  ({ graph, gradient, a, b }) => {
    const ratio = graph.apply('Div', [a, b]);
    const whole = graph.apply('Mul', [
      graph.apply('Sign', [ratio]),
      graph.apply('Floor', [graph.apply('Abs', [ratio])]),
    ]);
    return graph.apply('Neg', [graph.apply('Mul', [gradient, whole])]);
  },
]);
