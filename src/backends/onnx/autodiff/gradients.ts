import { TrainerError } from '../../../core/errors.ts';
import type { Graph } from './graph.ts';
import { operators } from './operators.ts';
import { sameShape } from './shapes.ts';
import { sumTo } from './sum-to.ts';
import type { Value } from './value.ts';

/**
 * Adds to a graph the gradients of a scalar with regard to some of its values (reverse mode: Linnainmaa, 1970).
 *
 * From the end to the front, each node turns the gradients of its outputs into those of its inputs. Only nodes between
 * the wanted values and the scalar are visited; where a value is used twice its gradients are added; where it was
 * broadcast they are summed. A value that the scalar does not depend on has the gradient zero.
 *
 * @param scalar one float or double, of the shape [].
 * @param seed the gradient of the scalar, which all others are multiplied by. @default 1
 * @throws {TrainerError} MODEL_UNSUPPORTED where an operator on the way has no gradient.
 */
export function gradientsOf(graph: Graph, scalar: Value, wanted: readonly Value[], seed?: Value): Value[] {
  if (scalar.shape.length !== 0) {
    throw new TrainerError('INTERNAL', `Expected a scalar to derive, got the shape [${scalar.shape}].`);
  }
  const nodes = [...graph.nodes];
  const dependent = new Set<Value>(wanted);
  for (const { inputs, outputs } of nodes) {
    if (inputs.some((input) => dependent.has(input))) for (const output of outputs) dependent.add(output);
  }

  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, part: Value): void => {
    const gradient = sumTo(graph, part, value.shape);
    const before = gradients.get(value);
    gradients.set(value, before === undefined ? gradient : graph.apply('Add', [before, gradient]));
  };
  if (dependent.has(scalar)) gradients.set(scalar, seed ?? graph.scalar(1, scalar));

  for (const { operator, inputs, outputs, attributes, known } of nodes.reverse()) {
    const arrived = outputs.map((output) => gradients.get(output));
    if (arrived.every((gradient) => gradient === undefined)) continue;
    if (known !== undefined) {
      for (const [index, part] of known.gradientsOf(arrived[0]!).entries()) {
        const input = known.inputs[index]!;
        if (dependent.has(input)) accumulate(input, part);
      }
      continue;
    }
    const first = outputs[0]!;
    const gradient = arrived[0] ?? graph.full(first.shape, 0, first);
    const context = { graph, inputs, outputs, attributes, gradient, gradients: arrived };
    for (const [index, input] of inputs.entries()) {
      const isFloating = input.type === 'float' || input.type === 'double';
      if (!dependent.has(input) || !isFloating) continue;
      const definition = operators.get(operator)!;
      if (definition.gradient === undefined) {
        throw new TrainerError('MODEL_UNSUPPORTED', `The operator ${operator} has no gradient.`);
      }
      const part = definition.gradient(context, index);
      if (part !== undefined) accumulate(input, part);
    }
  }
  return wanted.map((value) => {
    const gradient = gradients.get(value) ?? graph.full(value.shape, 0, value);
    return sameShape(gradient.shape, value.shape) ? gradient : sumTo(graph, gradient, value.shape);
  });
}
