import { defineOperator, integersOf } from '../operator.ts';

/** Numbers from a start, by a step, to a limit that is excluded, all constants; nothing goes back through it. */
export const range = defineOperator({
  name: 'Range',
  infer([start, limit, delta]) {
    const [from, to, by] = [start!, limit!, delta!].map((value) => integersOf('Range', value)[0]!);
    return [{ type: start!.type, shape: [Math.max(0, Math.ceil((to! - from!) / by!))] }];
  },
  gradient: () => undefined,
});
