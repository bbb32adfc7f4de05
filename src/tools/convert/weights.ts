import { dataTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../../onnx/model.ts';

/** Elements that a constant has at least before it is worth converting. */
const fewest = 16;

/** A constant of a graph that only multiplies, or is a table that rows are taken of: rounding it moves no split and no edge. */
export interface Weight {
  readonly tensor: OnnxTensor;
  readonly use: 'matrix' | 'table';
  /** The node that takes it. */
  readonly node: OnnxNode;
  /** The cast between both, where there is one. */
  readonly cast?: OnnxNode;
}

const isReal = (dataType: number): boolean => dataType === dataTypes.float || dataType === dataTypes.double;

/**
 * The weights of linear models and networks that are used in one place: second factors of matrix products, and tables of
 * coefficients or vectors of categories. Thresholds of trees, edges of bins, means and scales are none.
 */
export function findWeights({ graph }: OnnxModel): Weight[] {
  const users = new Map<string, OnnxNode[]>();
  for (const node of graph.nodes)
    for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  return graph.initializers.flatMap((tensor): Weight[] => {
    if (!isReal(tensor.dataType) || tensor.dims.length !== 2 || tensor.dims[0]! * tensor.dims[1]! < fewest) return [];
    const direct = users.get(tensor.name) ?? [];
    const cast = direct.length === 1 && direct[0]!.operator === 'Cast' ? direct[0]! : undefined;
    const at = cast?.outputs[0] ?? tensor.name;
    const takers = users.get(at) ?? [];
    const node = takers[0];
    if (takers.length !== 1 || node === undefined) return [];
    const about = { tensor, node, ...(cast === undefined ? {} : { cast }) };
    if (node.operator === 'MatMul' && node.inputs[1] === at) return [{ ...about, use: 'matrix' }];
    return node.operator === 'Gather' && node.inputs[0] === at ? [{ ...about, use: 'table' }] : [];
  });
}

/** Bytes of a tensor's data. */
export function bytesOf({ dims, dataType }: OnnxTensor): number {
  const size = dims.reduce((product, dimension) => product * dimension, 1);
  return (
    size * (dataType === dataTypes.double || dataType === dataTypes.int64 ? 8 : dataType === dataTypes.float ? 4 : 1)
  );
}
