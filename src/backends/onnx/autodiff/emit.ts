import { dataTypes, type OnnxGraph, type OnnxNode, type OnnxTensor, type OnnxValue } from '../../../onnx/model.ts';
import { attributeOf, tensorOf } from '../../../onnx/written-parts.ts';
import type { Graph } from './graph.ts';
import { liveNodes } from './live-nodes.ts';
import { operators } from './operators.ts';
import type { GraphNode, Value } from './value.ts';
import { writeVerbatim } from './write-verbatim.ts';

/** What is to be made of a graph. */
export interface EmitOptions {
  readonly name: string;
  /** Inputs to declare, in this order; other inputs belong to the graph around this one. */
  readonly inputs: readonly Value[];
  /** Outputs by name, in this order. */
  readonly outputs: readonly (readonly [name: string, value: Value])[];
  /** First letters of the names of values: names must differ from those of the graph around. @default '' */
  readonly prefix?: string;
  /** Inputs and outputs whose first dimension is free, with its name. @default none */
  readonly free?: ReadonlyMap<Value, string>;
  /** What changes the nodes, in this order, before they are written. @default none */
  readonly passes?: readonly EmitPass[];
}

/** Makes other nodes of nodes in order of which none is dead; the values to be kept are the outputs. */
export type EmitPass = (graph: Graph, nodes: readonly GraphNode[], kept: ReadonlySet<Value>) => readonly GraphNode[];

/** The outputs of a node that a model has: optional ones at the end that nothing needs are left out. */
function writtenOutputs({ operator, outputs }: GraphNode, needed: ReadonlySet<Value>): readonly Value[] {
  if (operators.get(operator)?.hasOptionalOutputs !== true) return outputs;
  const last = outputs.findLastIndex((output) => needed.has(output));
  return outputs.slice(0, last + 1);
}

/** Writes the part of a graph that its outputs need as an ONNX graph. Equal graphs give equal bytes. */
export function emitGraph(
  graph: Graph,
  { name, inputs, outputs, prefix = '', free, passes = [] }: EmitOptions,
): OnnxGraph {
  const kept = new Set(outputs.map(([, value]) => value));
  const flat = (node: GraphNode): readonly GraphNode[] => node.parts?.flatMap(flat) ?? [node];
  const found = liveNodes(graph.nodes.flatMap(flat), kept);
  const live = passes.reduce((nodes, pass) => pass(graph, nodes, kept), found);
  const needed = new Set([...kept, ...live.flatMap((node) => node.inputs)]);

  const names = new Map<Value, string>();
  const extra: OnnxNode[] = [];
  const produced = new Set(live.flatMap((node) => node.outputs));
  for (const [output, value] of outputs) if (produced.has(value) && !names.has(value)) names.set(value, output);
  const nameOf = (value: Value): string => value.input ?? names.get(value) ?? `${prefix}v${value.id}`;
  for (const [output, value] of outputs) {
    if (names.get(value) === output) continue;
    // An input, a constant or a value that is an output already can't be renamed.
    const node = { name: `${output}_copy`, operator: 'Identity', domain: '', attributes: [] };
    extra.push({ ...node, inputs: [nameOf(value)], outputs: [output] });
  }

  const initializers: OnnxTensor[] = [];
  for (const value of needed)
    if (value.constant !== undefined) initializers.push(tensorOf(value.constant, nameOf(value)));
  initializers.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

  const nodes = live.flatMap((node): readonly OnnxNode[] => {
    if (node.verbatim !== undefined) {
      const written = writeVerbatim(node.verbatim, node.inputs.map(nameOf), nameOf(node.outputs[0]!));
      initializers.push(...written.initializers);
      return written.nodes;
    }
    const made = {
      name: nameOf(node.outputs[0]!),
      operator: operators.get(node.operator)?.type ?? node.operator,
      domain: operators.get(node.operator)?.domain ?? '',
      inputs: node.inputs.map(nameOf),
      outputs: writtenOutputs(node, needed).map(nameOf),
      attributes: Object.keys(node.attributes)
        .filter((key) => !key.startsWith('_'))
        .sort()
        .map((key) => attributeOf(key, node.attributes[key]!)),
    };
    return [made];
  });
  const declare = (label: string, value: Value): OnnxValue => ({
    name: label,
    kind: 'tensor',
    dataType: dataTypes[value.type],
    shape: free?.has(value) ? [free.get(value)!, ...value.shape.slice(1)] : value.shape,
  });
  return {
    name,
    nodes: [...nodes, ...extra],
    initializers,
    sparseInitializers: [],
    inputs: inputs.map((value) => declare(nameOf(value), value)),
    outputs: outputs.map(([output, value]) => declare(output, value)),
    values: [],
  };
}
