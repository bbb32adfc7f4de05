import { greatestFloat16, toFloat16 } from '../../onnx/float16.ts';
import { dataTypes, type OnnxModel, type OnnxNode, type OnnxTensor } from '../../onnx/model.ts';
import { tensorNumbers } from '../../onnx/tensor-numbers.ts';
import { attributeOf } from '../../onnx/written-parts.ts';
import { bytesOf, findWeights } from './weights.ts';

/** A converted graph, and how much of it was converted. */
export interface ConvertedGraph {
  readonly model: OnnxModel;
  readonly tensors: number;
  /** Bytes of the weights before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Keeps weights as float16 in the file; runtimes cast them when they load, and compute as before (on CPUs float16 arithmetic is
 * slower than float32). A weight beyond the range of float16 leaves its tensor as it is.
 */
export function toFloat16Graph(model: OnnxModel): ConvertedGraph {
  const changed = new Map<string, OnnxTensor>();
  const before = new Map<OnnxNode, OnnxNode>();
  const renamed = new Map<OnnxNode, { readonly from: string; readonly to: string }>();
  let [bytesBefore, bytesAfter] = [0, 0];
  for (const { tensor, cast, node } of findWeights(model)) {
    const numbers = tensorNumbers(tensor);
    if (Array.from(numbers).some((value) => !(Math.abs(value) <= greatestFloat16))) continue;
    const halves = Uint16Array.from(numbers, toFloat16);
    changed.set(tensor.name, {
      name: tensor.name,
      dims: tensor.dims,
      dataType: dataTypes.float16,
      raw: new Uint8Array(halves.buffer),
      isExternal: false,
      isSegment: false,
    });
    bytesBefore += bytesOf(tensor);
    bytesAfter += halves.length * 2;
    if (cast !== undefined) continue;
    const widened = `${tensor.name}_widened`;
    const attributes = [attributeOf('to', { int: tensor.dataType })];
    const added = {
      name: widened,
      operator: 'Cast',
      domain: '',
      inputs: [tensor.name],
      outputs: [widened],
      attributes,
    };
    before.set(node, added);
    renamed.set(node, { from: tensor.name, to: widened });
  }
  const nodes = model.graph.nodes.flatMap((node) => {
    const name = renamed.get(node);
    const inputs = node.inputs.map((input) => (input === name?.from ? name.to : input));
    const added = before.get(node);
    return added === undefined ? [node] : [added, { ...node, inputs }];
  });
  const initializers = model.graph.initializers.map((tensor) => changed.get(tensor.name) ?? tensor);
  return {
    model: { ...model, graph: { ...model.graph, nodes, initializers } },
    tensors: changed.size,
    bytesBefore,
    bytesAfter,
  };
}
