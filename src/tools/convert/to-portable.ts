import { TrainerError } from '../../core/errors.ts';
import { dataTypes, type OnnxAttribute, type OnnxModel, type OnnxTensor } from '../../onnx/model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { tensorNumbers } from '../../onnx/tensor-numbers.ts';
import { operators } from './portable/operators.ts';
import type { PortableAttribute, PortableData, PortableModel } from './portable/portable-model.ts';

const base64 = (view: Float32Array | Float64Array | Uint8Array): string =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');

const utf8 = new TextDecoder();

function whole(values: Iterable<number | bigint>): PortableData {
  const data = Float64Array.from(values as Iterable<number>, Number);
  return { type: 'int64', shape: [data.length], data: base64(data) };
}

function dataOf(tensor: OnnxTensor): PortableData {
  const { dims: shape, dataType } = tensor;
  if (dataType === dataTypes.string)
    return { type: 'string', shape, data: (tensor.strings ?? []).map((s) => utf8.decode(s)) };
  const numbers = tensorNumbers(tensor);
  if (dataType === dataTypes.float || dataType === dataTypes.float16)
    return { type: 'float32', shape, data: base64(Float32Array.from(numbers)) };
  if (dataType === dataTypes.bool) return { type: 'bool', shape, data: base64(Uint8Array.from(numbers)) };
  const type = dataType === dataTypes.double ? 'float64' : 'int64';
  return { type, shape, data: base64(Float64Array.from(numbers)) };
}

function attributeOf(attribute: OnnxAttribute): PortableAttribute {
  const { int, float, string, ints, floats, strings, tensor } = attribute;
  if (int !== undefined) return Number(int);
  if (float !== undefined) return float;
  if (string !== undefined) return utf8.decode(string);
  if (ints !== undefined) return whole(ints);
  if (floats !== undefined) return { type: 'float32', shape: [floats.length], data: base64(floats) };
  if (tensor !== undefined) return dataOf(tensor);
  return (strings ?? []).map((item) => utf8.decode(item));
}

/**
 * A checked model as plain JSON that runs without a runtime of ONNX.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED where the graph has an operator beyond those of linear models, trees, networks of dense
 * layers and their preprocessing; MODEL_SIGNATURE
 */
export function toPortable(model: OnnxModel): PortableModel {
  const { graph } = model;
  const other = graph.nodes.find(({ operator }) => !Object.hasOwn(operators, operator));
  if (other !== undefined)
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `Expected a model of linear models, trees and dense networks in full precision, got one with the operator ${other.operator}, which a module without a runtime does not have. Convert the file before it was quantised, or make a folder for the browser.`,
      { details: { operator: other.operator } },
    );
  return {
    signature: readSignature(model),
    constants: Object.fromEntries(graph.initializers.map((tensor) => [tensor.name, dataOf(tensor)])),
    nodes: graph.nodes.map(({ operator, inputs, outputs, attributes }) => ({
      operator,
      inputs,
      outputs,
      attributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeOf(attribute)])),
    })),
  };
}
