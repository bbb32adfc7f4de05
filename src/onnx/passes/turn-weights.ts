import { evaluateNode } from '../evaluate-node.ts';
import type { OnnxGraph, OnnxTensor } from '../model.ts';
import { attributesOf, constantOf } from '../read-tensor.ts';
import { tensorOf } from '../written-parts.ts';
import { countUses } from './graph-pass.ts';

/** Keeps initializers that are only used turned round as what they are used as, under their own names: weights of exported linear layers. */
export function turnWeights(graph: OnnxGraph): OnnxGraph {
  const uses = countUses(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const tensors = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const turned = new Map<string, OnnxTensor>();
  const renamed = new Map<string, string>();
  const nodes = graph.nodes.filter((node) => {
    const [name = '', output = ''] = [node.inputs[0], node.outputs[0]];
    const tensor = tensors.get(name);
    if (node.operator !== 'Transpose' || node.domain !== '' || tensor === undefined) return true;
    if (uses.get(name) !== 1 || outputs.has(output)) return true;
    const [made] = evaluateNode('Transpose', [constantOf(tensor)], attributesOf(node)) ?? [];
    if (made === undefined) return true;
    turned.set(name, tensorOf(made, name));
    renamed.set(output, name);
    return false;
  });
  if (turned.size === 0) return graph;
  return {
    ...graph,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => renamed.get(name) ?? name) })),
    initializers: graph.initializers.map((tensor) => turned.get(tensor.name) ?? tensor),
  };
}
