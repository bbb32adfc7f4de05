import type { OnnxNode, OnnxTensor } from '../../../onnx/model.ts';
import type { VerbatimGraph } from './value.ts';

/**
 * The nodes of a graph of a file under other names: its inputs and output as those around call them, and whatever is inside below the
 * name of the output.
 */
export function writeVerbatim(
  { graph, inputs, output }: VerbatimGraph,
  inputNames: readonly string[],
  outputName: string,
): { readonly nodes: readonly OnnxNode[]; readonly initializers: readonly OnnxTensor[] } {
  const names = new Map(inputs.map((name, i) => [name, inputNames[i]!]));
  const inner = (name: string): string => (name === '' ? '' : (names.get(name) ?? `${outputName}/${name}`));
  const isCopied = !graph.nodes.some((node) => node.outputs.includes(output));
  if (!isCopied) names.set(output, outputName);
  const nodes = graph.nodes.map((node) => ({
    ...node,
    name: `${outputName}/${node.name}`,
    inputs: node.inputs.map(inner),
    outputs: node.outputs.map(inner),
  }));
  const copy = { name: outputName, operator: 'Identity', domain: '', attributes: [] };
  return {
    nodes: isCopied ? [...nodes, { ...copy, inputs: [inner(output)], outputs: [outputName] }] : nodes,
    initializers: graph.initializers
      .filter(({ name }) => !inputs.includes(name))
      .map((tensor) => ({ ...tensor, name: inner(tensor.name) })),
  };
}
