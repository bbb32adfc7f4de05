import type { OnnxGraph, OnnxNode } from '../../../onnx/model.ts';
import { countUses } from '../../../onnx/passes/graph-pass.ts';
import { constantOf } from '../../../onnx/read-tensor.ts';
import type { ImportedWeight } from '../../network/layers/imported.ts';

/** Operators whose constants are settings, not weights. */
const settingsOf = new Set(['Clip', 'DequantizeLinear', 'OneHot', 'Pad', 'QuantizeLinear', 'Range', 'Resize', 'Where']);

/** Operators that may have weights of one number; elsewhere such a constant is a factor or a small summand. */
const weightsOf = new Set([
  'Add',
  'BatchNormalization',
  'Conv',
  'ConvTranspose',
  'Gemm',
  'GroupNormalization',
  'InstanceNormalization',
  'LayerNormalization',
  'MatMul',
  'PRelu',
]);

/** Names that exporters make up for weights that they turned round. */
const isMadeUp = (name: string): boolean => /^(onnx::|val_|t_|_val)/.test(name) || /^\d+$/.test(name);

/** The name of a product's weight, from its bias (`query.bias` gives `query.weight`) or its node. */
function nameByUse(tensor: string, users: readonly OnnxNode[], graph: OnnxGraph, tensors: ReadonlySet<string>): string {
  const [user] = users;
  if (user === undefined) return tensor;
  const sum = graph.nodes.find((node) => node.operator === 'Add' && node.inputs.includes(user.outputs[0]!));
  const biases = [...user.inputs, ...(sum?.inputs ?? [])].filter((name) => tensors.has(name) && name !== tensor);
  const bias = biases.find((name) => name.endsWith('.bias'));
  if (bias !== undefined) return bias.replace(/bias$/, 'weight');
  return user.name === '' ? tensor : `${user.name.replace(/^\//, '')}.weight`;
}

/** `#` marks what an optimiser keeps of a weight. */
const clean = (name: string): string => name.replaceAll('#', '_');

/**
 * Which initializers are weights: finite floats of at least one axis that no setting of an operator is made of. Numbers without an axis
 * are taken for constants, as exporters write them. Running statistics are weights that are not trained.
 */
export function chooseWeights(graph: OnnxGraph): readonly ImportedWeight[] {
  const uses = countUses(graph);
  const users = new Map<string, OnnxNode[]>();
  const statistics = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) users.set(name, [...(users.get(name) ?? []), node]);
    if (node.operator === 'BatchNormalization') for (const name of node.inputs.slice(3)) statistics.add(name);
  }
  const candidates = graph.initializers.flatMap((tensor) => {
    const constant = tensor.dims.length === 0 || !uses.has(tensor.name) ? undefined : constantOf(tensor);
    const takers = users.get(tensor.name) ?? [];
    if (constant?.type !== 'float' || constant.data.length === 0 || !constant.data.every(Number.isFinite)) return [];
    if (takers.some(({ operator }) => settingsOf.has(operator))) return [];
    const isNumber = constant.data.length === 1 && !takers.some(({ operator }) => weightsOf.has(operator));
    return isNumber ? [] : [tensor];
  });
  const tensors = new Set(candidates.map(({ name }) => name));
  const taken = new Set([...tensors].filter((name) => !isMadeUp(name)).map(clean));
  return candidates.map(({ name: tensor, dims: shape }) => {
    let name = clean(tensor);
    if (isMadeUp(tensor)) {
      const base = clean(nameByUse(tensor, users.get(tensor) ?? [], graph, tensors));
      name = base;
      for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
      taken.add(name);
    }
    return { name, tensor, shape, isTrained: !statistics.has(tensor), isDecayed: shape.length >= 2 };
  });
}
