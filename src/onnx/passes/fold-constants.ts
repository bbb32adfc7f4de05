import { evaluateNode } from '../evaluate-node.ts';
import type { Constant } from '../graph-builder.ts';
import type { OnnxGraph, OnnxTensor } from '../model.ts';
import { attributesOf, constantOf } from '../read-tensor.ts';
import { tensorOf } from '../written-parts.ts';
import { hasGraphs } from './graph-pass.ts';

/** The most elements that a folded constant may have beyond those it is made of: a file should not grow by it. */
const mostGrowth = 4096;

/**
 * Works out nodes whose inputs are all constants, by {@link evaluateNode}, and keeps what they make instead; so whatever shapes were
 * computed from other constants becomes one.
 *
 * @param isVariable whether an initializer may change (a parameter that is trained), so that nothing is worked out from it.
 */
export function foldConstants(graph: OnnxGraph, isVariable: (name: string) => boolean = () => false): OnnxGraph {
  const fixed = new Set(graph.inputs.map(({ name }) => name));
  const known = new Map<string, Constant>();
  for (const tensor of graph.initializers) {
    if (isVariable(tensor.name) || fixed.has(tensor.name)) continue;
    const constant = constantOf(tensor);
    if (constant !== undefined) known.set(tensor.name, constant);
  }
  const made: OnnxTensor[] = [];
  const nodes = graph.nodes.filter((node) => {
    if (node.domain !== '' || hasGraphs(node) || node.inputs.some((name) => name !== '' && !known.has(name)))
      return true;
    const inputs = node.inputs.map((name) => known.get(name));
    const outputs = evaluateNode(node.operator, inputs, attributesOf(node));
    if (outputs === undefined || outputs.length < node.outputs.length) return true;
    const before = inputs.reduce((sum, input) => sum + (input?.data.length ?? 0), 0);
    if (outputs.some(({ data }) => data.length > before + mostGrowth)) return true;
    for (const [i, name] of node.outputs.entries()) {
      if (name === '') continue;
      known.set(name, outputs[i]!);
      made.push(tensorOf(outputs[i]!, name));
    }
    return false;
  });
  return made.length === 0 ? graph : { ...graph, nodes, initializers: [...graph.initializers, ...made] };
}
