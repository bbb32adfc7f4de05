import { defineOperator } from '../operator.ts';

/** The dimensions of a value; nothing goes back through it. */
export const shape = defineOperator({
  name: 'Shape',
  infer: ([x]) => [{ type: 'int64', shape: [x!.shape.length] }],
  gradient: () => undefined,
});
