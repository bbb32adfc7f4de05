import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from '../model.ts';
import { hasGraphs } from './graph-pass.ts';

/** Operators that give something else each time. */
const random = new Set([
  'Bernoulli',
  'Dropout',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** Bytes up to which equal initializers are looked for. */
const sharedBytes = 4096;

/** A character a byte. */
const latin1 = new TextDecoder('latin1');

const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Uint8Array || part instanceof Float32Array || part instanceof Float64Array
      ? latin1.decode(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
      : part;
  });

const attributeText = (attribute: OnnxAttribute): string => text(attribute);

function tensorText(tensor: OnnxTensor): string | undefined {
  const { name: _, ...content } = tensor;
  const isSmall = (tensor.raw?.length ?? 8 * tensor.dims.reduce((a, b) => a * b, 1)) <= sharedBytes;
  return isSmall ? text(content) : undefined;
}

/**
 * Keeps one of nodes that make the same of the same, and one of small equal initializers.
 *
 * @param isVariable whether an initializer may change (a parameter that is trained), so that no other may stand for it.
 */
export function shareSubexpressions(graph: OnnxGraph, isVariable: (name: string) => boolean = () => false): OnnxGraph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const renamed = new Map<string, string>();
  const of = (name: string): string => renamed.get(name) ?? name;

  const tensors = new Map<string, string>();
  // Names that graphs inside nodes may use are not given up.
  const isFree = !graph.nodes.some(hasGraphs);
  for (const tensor of graph.initializers) {
    if (!isFree || isVariable(tensor.name) || outputs.has(tensor.name) || inputs.has(tensor.name)) continue;
    const key = tensorText(tensor);
    if (key === undefined) continue;
    const first = tensors.get(key);
    if (first === undefined) tensors.set(key, tensor.name);
    else renamed.set(tensor.name, first);
  }
  const seen = new Map<string, OnnxNode>();
  const nodes: OnnxNode[] = [];
  for (const node of graph.nodes) {
    const own = { ...node, inputs: node.inputs.map(of) };
    const key = `${node.domain}:${node.operator}(${own.inputs.join('\n')})${node.outputs.map((name) => name !== '')}${[...node.attributes].sort((a, b) => (a.name < b.name ? -1 : 1)).map(attributeText)}`;
    const first = seen.get(key);
    // An output of the graph keeps its name.
    const canGo = isFree && !random.has(node.operator) && !node.outputs.some((name) => outputs.has(name));
    if (first !== undefined && canGo) {
      for (const [i, name] of node.outputs.entries()) if (name !== '') renamed.set(name, first.outputs[i]!);
      continue;
    }
    if (!random.has(node.operator)) seen.set(key, own);
    nodes.push(own);
  }
  return {
    ...graph,
    nodes,
    initializers: graph.initializers.filter(({ name }) => !renamed.has(name)),
    values: graph.values.filter(({ name }) => !renamed.has(name)),
  };
}
