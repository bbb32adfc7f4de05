import type { Operator } from './elementwise.ts';
import { operators } from './operators.ts';
import type { PortableModel } from './portable-model.ts';
import { readData, type Value } from './tensor.ts';

/** Runs a graph: takes what its inputs are, and adds every other value to it. Values that are there already are not computed. */
export type PortableGraph = (values: Map<string, Value>) => void;

/**
 * Makes a graph ready to run: constants are decoded, and what does not depend on inputs is made once.
 *
 * @param own - operators in the place of ours, by name
 */
export function createGraph(model: PortableModel, own: Readonly<Record<string, Operator>> = {}): PortableGraph {
  const constants = Object.entries(model.constants).map(([name, data]) => [name, readData(data)] as const);
  const steps = model.nodes.map(({ operator, inputs, outputs, attributes }) => ({
    inputs,
    output: outputs[0]!,
    run: (own[operator] ?? operators[operator]!)({
      number: (name, otherwise) => (attributes[name] as number | undefined) ?? otherwise,
      texts: (name) => attributes[name] as readonly string[],
      value: (name) => (attributes[name] === undefined ? undefined : readData(attributes[name] as never)),
    }),
  }));
  return (values) => {
    for (const [name, value] of constants) values.set(name, value);
    for (const { inputs, output, run } of steps)
      if (!values.has(output)) values.set(output, run(inputs.map((name) => values.get(name)!)));
  };
}
