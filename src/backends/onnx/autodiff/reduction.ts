import { defineOperator, type GradientContext, integersOf, intOf, type Operator } from './operator.ts';
import { frontAxis, reducedShape, sizeOf } from './shapes.ts';
import type { Attributes, Value } from './value.ts';

/** The axes that a reduction runs over: its second input, or all. */
function axesOf(name: string, inputs: readonly Value[]): ReadonlySet<number> {
  const rank = inputs[0]!.shape.length;
  const all = Array.from({ length: rank }, (_, axis) => axis);
  const given = inputs[1] === undefined ? all : integersOf(name, inputs[1]);
  return new Set(given.length === 0 ? all : given.map((axis) => frontAxis(name, axis, rank)));
}

/** What a reduction's gradient is worked out from. */
export interface ReductionContext extends GradientContext {
  readonly x: Value;
  /** The gradient with the reduced axes kept, so that it broadcasts to the input. */
  readonly wide: Value;
  /** The output likewise. */
  wideOutput(): Value;
  /** Number of values that one output is made of. */
  readonly count: number;
}

/** An operator that reduces axes. Its gradient may have the shape before broadcasting; it is spread here. */
export function reduction(name: string, gradient: (context: ReductionContext) => Value): Operator {
  const keeps = (attributes: Attributes): boolean => intOf(attributes, 'keepdims', 1) === 1;
  return defineOperator({
    name,
    infer: (inputs, attributes) => [
      {
        type: inputs[0]!.type,
        shape: reducedShape(inputs[0]!.shape, axesOf(name, inputs), keeps(attributes)),
      },
    ],
    gradient(context) {
      const { graph, inputs, attributes, outputs } = context;
      const x = inputs[0]!;
      const axes = axesOf(name, inputs);
      const kept = graph.ints(reducedShape(x.shape, axes, true));
      const widen = (value: Value) => (keeps(attributes) ? value : graph.apply('Reshape', [value, kept]));
      const count = sizeOf(x.shape.filter((_, axis) => axes.has(axis)));
      const wideOutput = () => widen(outputs[0]!);
      const part = gradient({ ...context, x, wide: widen(context.gradient), wideOutput, count });
      return graph.apply('Expand', [part, graph.ints(x.shape)]);
    },
  });
}
