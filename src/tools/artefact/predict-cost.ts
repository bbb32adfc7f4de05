import type { Json } from '../../core/helpers/canonical-json.ts';
import type { OnnxModel, OnnxNode } from '../../onnx/model.ts';
import type { ModelSignature } from '../../onnx/signature.ts';

/**
 * Operators of graphs of ours whose work for one row is bounded by their constants: a file made of these alone can't hide
 * a long computation, whatever its card says.
 */
const bounded: ReadonlySet<string> = new Set([
  ...['Abs', 'Add', 'And', 'ArgMax', 'Cast', 'Ceil', 'Clip', 'Concat', 'Div', 'Equal', 'Exp', 'Expand', 'Flatten'],
  ...['DequantizeLinear', 'DynamicQuantizeLinear', 'MatMulInteger', 'QuantizeLinear'],
  ...[
    'Floor',
    'Gather',
    'GatherElements',
    'Gemm',
    'Greater',
    'GreaterOrEqual',
    'Identity',
    'IsInf',
    'IsNaN',
    'LabelEncoder',
    'Less',
  ],
  ...['LessOrEqual', 'Log', 'MatMul', 'Max', 'Min', 'Mod', 'Mul', 'Neg', 'Not', 'OneHot', 'Or', 'Reciprocal'],
  ...[
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceSum',
    'Relu',
    'Reshape',
    'Round',
    'Shape',
    'Sigmoid',
    'Sign',
    'Slice',
    'Softmax',
  ],
  ...[
    'Softplus',
    'Split',
    'Sqrt',
    'Squeeze',
    'Sub',
    'Sum',
    'Tanh',
    'Transpose',
    'TreeEnsemble',
    'Unsqueeze',
    'Where',
    'Xor',
  ],
]);

/** Milliseconds that a call may block the calling thread. */
const inlineMs = 5;

/**
 * Nanoseconds of one counted operation, of one node a row and of one text, and of a call, as measured with ONNX Runtime
 * 1.30 on a busy core: linear 3 µs a row, 300 trees 25 µs a row.
 */
const nanoseconds = { operation: 10, node: 15, text: 150, call: 200_000 } as const;

/** Visits of one row to the trees of a node: one leaf of each, down from its root. */
function treeOperations(node: OnnxNode): number {
  const length = (name: string): number => {
    const attribute = node.attributes.find((candidate) => candidate.name === name);
    return attribute?.ints?.length ?? 0;
  };
  const trees = length('tree_roots');
  // A degenerate tree is a list; the number of its nodes bounds every path.
  return trees === 0 ? 0 : Math.min(length('nodes_featureids'), trees * 64);
}

function exceeds(values: readonly (number | bigint)[] | undefined, limit: number): boolean {
  return values?.some((value) => value >= limit) ?? false;
}

/**
 * How many rows this model predicts within 5 ms on the calling thread; 0 where it must not run there at all: a card
 * without a cost (not a model of ours), or an operator that graphs of ours do not have.
 */
export function inlineRows(model: OnnxModel, signature: ModelSignature, card: Json | undefined): number {
  const stated = (card as { operationsPerRow?: unknown } | null | undefined)?.operationsPerRow;
  if (typeof stated !== 'number' || !(stated >= 0)) return 0;
  const { graph } = model;
  if (graph.nodes.some((node) => !bounded.has(node.operator))) return 0;
  let counted = 0;
  for (const tensor of graph.initializers) {
    if (tensor.strings === undefined) counted += tensor.dims.reduce((product, dimension) => product * dimension, 1);
  }
  for (const node of graph.nodes) {
    // A feature that is not there would be read from elsewhere; a datetime has at most six.
    if (
      node.attributes.some(
        ({ name, ints }) => name === 'nodes_featureids' && exceeds(ints, 6 * signature.inputs.length),
      )
    ) {
      return 0;
    }
    counted += treeOperations(node);
  }
  const texts = signature.inputs.filter((input) => input.tensor === 'categories').length + 1;
  const row =
    Math.max(stated, counted) * nanoseconds.operation +
    graph.nodes.length * nanoseconds.node +
    texts * nanoseconds.text;
  return Math.max(0, Math.floor((inlineMs * 1e6 - nanoseconds.call) / row));
}
