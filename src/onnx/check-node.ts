import type { CheckContext } from './check-model.ts';
import { boundedSize, checkTensor } from './check-tensor.ts';
import { checkTrees } from './check-trees.ts';
import {
  attributeTypes,
  dataTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './model.ts';
import { modelFault } from './model-fault.ts';
import { acceptedMicrosoftOperators, acceptedOpsets } from './operators.ts';

/** What a node can see around it. */
interface Surroundings {
  initializer(name: string): OnnxTensor | undefined;
  /** Checks a graph inside the node. */
  graph(inner: OnnxGraph): void;
}

/** The member that each kind of attribute fills. */
const members: Readonly<Record<number, keyof OnnxAttribute>> = {
  [attributeTypes.float]: 'float',
  [attributeTypes.int]: 'int',
  [attributeTypes.string]: 'string',
  [attributeTypes.tensor]: 'tensor',
  [attributeTypes.graph]: 'graph',
  [attributeTypes.floats]: 'floats',
  [attributeTypes.ints]: 'ints',
  [attributeTypes.strings]: 'strings',
  [attributeTypes.tensors]: 'tensors',
  [attributeTypes.graphs]: 'graphs',
  [attributeTypes.sparseTensor]: 'sparseTensors',
  [attributeTypes.sparseTensors]: 'sparseTensors',
};

/** Attributes whose lists may be empty are left out of the file where they are. */
const lists = new Set<keyof OnnxAttribute>(['floats', 'ints', 'strings', 'tensors', 'graphs']);

function checkAttribute(attribute: OnnxAttribute, label: string, context: CheckContext, around: Surroundings): void {
  const what = `${label}, attribute "${attribute.name}",`;
  if (attribute.name === '') throw modelFault('MODEL_INVALID', `${label} has an attribute without a name.`);
  if (attribute.reference !== undefined) {
    throw modelFault('MODEL_INVALID', `${what} refers to an attribute of a function, and is in none.`);
  }
  if (attribute.hasTypes || attribute.sparseTensors !== undefined) {
    throw modelFault('MODEL_UNSUPPORTED', `${what} holds a type or a sparse tensor.`);
  }
  const member = members[attribute.type];
  if (member === undefined) {
    throw modelFault('MODEL_INVALID', `${what} has the unknown kind ${attribute.type}.`);
  }
  // Data of another member would be unseen by one reader and used by the next.
  const filled = new Set(Object.values(members).filter((key) => attribute[key] !== undefined));
  filled.delete(member);
  if (filled.size > 0 || (attribute[member] === undefined && !lists.has(member))) {
    throw modelFault('MODEL_INVALID', `${what} does not hold what its kind says.`);
  }
  const tensors = [...(attribute.tensor === undefined ? [] : [attribute.tensor]), ...(attribute.tensors ?? [])];
  for (const tensor of tensors) checkTensor(tensor, `${what} a tensor,`, context.limits.elements);
  if (attribute.graph !== undefined) around.graph(attribute.graph);
  for (const graph of attribute.graphs ?? []) around.graph(graph);
}

function integersOf(tensor: OnnxTensor): number[] {
  if (tensor.dataType !== dataTypes.int64) return [];
  if (tensor.raw === undefined) return (tensor.int64s ?? []).map(Number);
  const view = new DataView(tensor.raw.buffer, tensor.raw.byteOffset, tensor.raw.byteLength);
  return Array.from({ length: tensor.raw.length / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
}

/** A shape that is a constant is allocated as soon as a runtime folds constants, so it is bounded here. */
function checkConstantShape(node: OnnxNode, label: string, context: CheckContext, around: Surroundings): void {
  const position = node.operator === 'ConstantOfShape' ? 0 : node.operator === 'Expand' ? 1 : -1;
  if (node.domain !== '' || position < 0) return;
  const shape = around.initializer(node.inputs[position] ?? '');
  if (shape === undefined) return;
  const dims = integersOf(shape);
  if (dims.some((dimension) => dimension < 0) || boundedSize(dims, context.limits.elements) === undefined) {
    throw modelFault(
      'MODEL_INVALID',
      `${label} makes a tensor of the shape [${dims.slice(0, 16)}]; at most ${context.limits.elements} elements are accepted.`,
    );
  }
}

/**
 * Checks one node: its operator set, its attributes and the graphs and tensors inside them.
 *
 * @throws {TrainerError} MODEL_INVALID or MODEL_UNSUPPORTED naming the node.
 */
export function checkNode(node: OnnxNode, label: string, context: CheckContext, around: Surroundings): void {
  if (node.operator === '') throw modelFault('MODEL_INVALID', `${label} has no operator.`);
  const domain = node.domain || 'ai.onnx';
  if (
    !Object.hasOwn(acceptedOpsets, node.domain) ||
    (node.domain === 'com.microsoft' && !acceptedMicrosoftOperators.has(node.operator))
  ) {
    throw modelFault('MODEL_UNSUPPORTED', `${label} is of "${domain}", where that operator is not supported.`);
  }
  if (!context.opsets.has(node.domain)) {
    throw modelFault('MODEL_INVALID', `${label} is of the operator set "${domain}", which is not imported.`);
  }
  if (!node.outputs.some((output) => output !== '')) {
    throw modelFault('MODEL_INVALID', `${label} makes no value.`);
  }
  const names = new Set<string>();
  for (const attribute of node.attributes) {
    if (names.has(attribute.name)) {
      throw modelFault('MODEL_INVALID', `${label} has the attribute "${attribute.name}" twice.`);
    }
    names.add(attribute.name);
    checkAttribute(attribute, label, context, around);
  }
  checkConstantShape(node, label, context, around);
  if (node.operator === 'TreeEnsemble') checkTrees(node, label);
}
