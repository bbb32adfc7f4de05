import { TrainerError } from '../../core/errors.ts';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from '../model.ts';
import { attributesOf } from '../read-tensor.ts';
import { attributeOf, tensorOf } from '../written-parts.ts';
import { countUses } from './graph-pass.ts';

/** Operator sets that {@link normaliseOperators} takes: [first, last]. */
export const normalisedOpsets = [13, 22] as const;

const attributeOfNode = (node: OnnxNode, name: string): OnnxAttribute | undefined =>
  node.attributes.find((attribute) => attribute.name === name);

const without = (node: OnnxNode, ...names: readonly string[]): OnnxNode => ({
  ...node,
  attributes: node.attributes.filter(({ name }) => !names.includes(name)),
});

const reductions = /^Reduce(L1|L2|LogSum|LogSumExp|Max|Mean|Min|Prod|Sum|SumSquare)$/;

/** A node that hands its first input on: nothing is left of it. */
const isPassing = ({ operator, domain }: OnnxNode): boolean =>
  domain === '' && ['Identity', 'Dropout'].includes(operator);

/** The constant that a `Constant` node holds; undefined for one that is sparse. */
function constantTensor(node: OnnxNode): OnnxTensor | undefined {
  const name = node.outputs[0]!;
  const whole = attributeOfNode(node, 'value')?.tensor;
  if (whole !== undefined) return { ...whole, name };
  const { value_float, value_floats, value_int, value_ints } = attributesOf(node);
  if (value_float !== undefined && 'float' in value_float) {
    return tensorOf({ type: 'float', shape: [], data: Float32Array.of(value_float.float) }, name);
  }
  if (value_floats !== undefined && 'floats' in value_floats) {
    const data = Float32Array.from(value_floats.floats);
    return tensorOf({ type: 'float', shape: [data.length], data }, name);
  }
  if (value_int !== undefined && 'int' in value_int) {
    return tensorOf({ type: 'int64', shape: [], data: BigInt64Array.of(BigInt(value_int.int)) }, name);
  }
  if (value_ints !== undefined && 'ints' in value_ints) {
    const data = BigInt64Array.from(Array.from(value_ints.ints), BigInt);
    return tensorOf({ type: 'int64', shape: [data.length], data }, name);
  }
  return undefined;
}

/**
 * Writes a graph of an older or newer operator set in the one that this library writes (21): reductions have their axes as an input,
 * equal splits say how many parts they make, constants are initializers, and batch normalisation goes by its running statistics. What does
 * nothing where a model predicts (`Identity`, `Dropout`) goes.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED where the file's operator set is none of 13 to 22, or changed its meaning within them.
 */
export function normaliseOperators(graph: OnnxGraph, opset: number): OnnxGraph {
  const [first, last] = normalisedOpsets;
  if (opset < first || opset > last) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `Expected a model of the operator set ${first} to ${last}, got ${opset}. Convert it, for instance by onnx.version_converter.`,
    );
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const uses = countUses(graph);
  const initializers = [...graph.initializers];
  const tensors = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  const passed = new Map<string, string>();
  const names = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...initializers.map(({ name }) => name),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  const fresh = (prefix: string): string => {
    let name = prefix;
    for (let i = 2; names.has(name); i++) name = `${prefix}_${i}`;
    names.add(name);
    return name;
  };
  const integers = (values: readonly (number | bigint)[], prefix: string): string => {
    const name = fresh(prefix);
    const data = BigInt64Array.from(Array.from(values), BigInt);
    initializers.push(tensorOf({ type: 'int64', shape: [data.length], data }, name));
    return name;
  };

  const nodes = graph.nodes.flatMap((given): readonly OnnxNode[] => {
    const node = { ...given, inputs: given.inputs.map((name) => passed.get(name) ?? name) };
    const output = node.outputs[0]!;
    if (node.domain === 'com.microsoft' && node.operator === 'Gelu') return [{ ...node, domain: '' }];
    if (node.domain !== '') return [node];
    if (node.operator === 'Constant') {
      const tensor = constantTensor(node);
      if (tensor === undefined) return [node];
      initializers.push(tensor);
      return [];
    }
    if (isPassing(node)) {
      // A mask that something takes is left to be refused; an output of the graph keeps its name.
      if (node.outputs.slice(1).some((name) => uses.has(name))) return [node];
      if (outputs.has(output))
        return [{ ...without(node, 'seed'), operator: 'Identity', inputs: [node.inputs[0]!], outputs: [output] }];
      const tensor = tensors.get(node.inputs[0]!);
      // Exporters write equal weights once and hand them on by Identity: each is a weight of its own.
      if (tensor !== undefined && node.operator === 'Identity') initializers.push({ ...tensor, name: output });
      else passed.set(output, node.inputs[0]!);
      return [];
    }
    const axes = attributeOfNode(node, 'axes')?.ints;
    if (reductions.test(node.operator) && axes !== undefined) {
      return [{ ...without(node, 'axes'), inputs: [node.inputs[0]!, integers(axes, `${output}_axes`)] }];
    }
    if (
      node.operator === 'Split' &&
      (node.inputs[1] ?? '') === '' &&
      attributeOfNode(node, 'num_outputs') === undefined
    ) {
      const parts = attributeOf('num_outputs', { int: node.outputs.length });
      return [{ ...node, inputs: [node.inputs[0]!], attributes: [...node.attributes, parts] }];
    }
    if (node.operator === 'BatchNormalization') {
      if (node.outputs.slice(1).some((name) => uses.has(name))) return [node];
      return [{ ...without(node, 'training_mode', 'momentum', 'spatial'), outputs: [output] }];
    }
    if (node.operator === 'GroupNormalization' && opset < 21) {
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `The node "${node.name}" (GroupNormalization) is of the operator set ${opset}, where its scales were those of groups. Convert the model to 21.`,
      );
    }
    return [node];
  });
  return { ...graph, nodes, initializers };
}
