import { defineOperator, type GradientContext, type Operator } from './operator.ts';
import { broadcast } from './shapes.ts';
import type { Value } from './value.ts';

/** An operator on two values that broadcast; the engine sums the gradients to the inputs' shapes. */
export function binary(
  name: string,
  gradients: readonly [
    (context: GradientContext & { readonly a: Value; readonly b: Value }) => Value,
    (context: GradientContext & { readonly a: Value; readonly b: Value }) => Value,
  ],
): Operator {
  return defineOperator({
    name,
    infer: ([a, b]) => [{ type: a!.type, shape: broadcast(name, a!.shape, b!.shape) }],
    gradient: (context, index) => gradients[index]!({ ...context, a: context.inputs[0]!, b: context.inputs[1]! }),
  });
}

/** A comparison of two values that broadcast; nothing goes back through it. */
export function comparison(name: string): Operator {
  return defineOperator({
    name,
    infer: ([a, b]) => [{ type: 'bool', shape: broadcast(name, a!.shape, b!.shape) }],
    gradient: () => undefined,
  });
}
