import { dataTypes, type OnnxModel, type OnnxNode, type OnnxTensor, type OnnxValue } from '../../onnx/model.ts';
import { tensorNumbers } from '../../onnx/tensor-numbers.ts';
import { attributeOf } from '../../onnx/written-parts.ts';
import type { ConvertedGraph } from './to-float16.ts';
import { bytesOf, findWeights, type Weight } from './weights.ts';

/** Least and greatest value that reaches a matrix product on calibration rows, by the name of the value. */
export type Ranges = ReadonlyMap<string, readonly [low: number, high: number]>;

const tensor = (name: string, dataType: number, dims: readonly number[], data: ArrayBufferView): OnnxTensor => ({
  name,
  dims,
  dataType,
  raw: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  isExternal: false,
  isSegment: false,
});

/** The values that static quantisation needs the ranges of, as further outputs of the model; undefined where there are none. */
export function calibrationGraph(
  model: OnnxModel,
): { readonly model: OnnxModel; readonly values: string[] } | undefined {
  const matrices = findWeights(model).filter(({ use }) => use === 'matrix');
  if (matrices.length === 0) return undefined;
  const types = new Map<string, number>();
  for (const { node, tensor: weight, cast } of matrices) types.set(node.inputs[0]!, typeOf(weight, cast));
  const outputs = [...types].map(([name, dataType]): OnnxValue => ({ name, kind: 'tensor', dataType }));
  return {
    model: { ...model, graph: { ...model.graph, outputs: [...model.graph.outputs, ...outputs] } },
    values: [...types.keys()],
  };
}

/** The element type that a weight is multiplied in. */
function typeOf(weight: OnnxTensor, cast: OnnxNode | undefined): number {
  return cast === undefined ? weight.dataType : Number(cast.attributes.find(({ name }) => name === 'to')?.int ?? 1n);
}

/**
 * Quantises weights to int8: symmetric, one scale a column of a matrix and one for a table. Matrix products run in whole numbers
 * (`MatMulInteger`) on inputs of uint8, whose scale is fixed by `ranges` (static) or found anew in each call (dynamic).
 */
export function toInt8Graph(model: OnnxModel, ranges?: Ranges): ConvertedGraph {
  const initializers = new Map(model.graph.initializers.map((constant) => [constant.name, constant]));
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  let [count, bytesBefore, bytesAfter] = [0, 0, 0];
  for (const weight of findWeights(model)) {
    const range = weight.use === 'matrix' ? ranges?.get(weight.node.inputs[0]!) : undefined;
    if (weight.use === 'matrix' && ranges !== undefined && range === undefined) continue;
    const made = weight.use === 'matrix' ? quantiseMatrix(weight, range) : quantiseTable(weight);
    if (made === undefined) continue;
    replaced.set(weight.node, made.nodes);
    if (weight.cast !== undefined) replaced.set(weight.cast, []);
    initializers.delete(weight.tensor.name);
    for (const constant of made.constants) initializers.set(constant.name, constant);
    count++;
    bytesBefore += bytesOf(weight.tensor);
    bytesAfter += made.constants.reduce((sum, constant) => sum + constant.raw!.length, 0);
  }
  const nodes = model.graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
  return {
    model: { ...model, graph: { ...model.graph, nodes, initializers: [...initializers.values()] } },
    tensors: count,
    bytesBefore,
    bytesAfter,
  };
}

interface Quantised {
  readonly constants: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
}

function nodeMaker(prefix: string) {
  let made = 0;
  return (operator: string, inputs: readonly string[], outputs: readonly string[], to?: number): OnnxNode => ({
    name: `${prefix}_int8_${made++}`,
    operator,
    domain: '',
    inputs,
    outputs,
    attributes: to === undefined ? [] : [attributeOf('to', { int: to })],
  });
}

function quantiseMatrix(weight: Weight, range: readonly [number, number] | undefined): Quantised | undefined {
  const { tensor: constant, node, cast } = weight;
  const [inner, columns] = [constant.dims[0]!, constant.dims[1]!];
  const numbers = Array.from(tensorNumbers(constant));
  if (!numbers.every(Number.isFinite)) return undefined;
  const scales = Float32Array.from({ length: columns }, (_, j) => {
    let most = 0;
    for (let i = 0; i < inner; i++) most = Math.max(most, Math.abs(numbers[i * columns + j]!));
    return most === 0 ? 1 : most / 127;
  });
  const values = Int8Array.from(numbers, (value, i) =>
    Math.max(-127, Math.min(127, Math.round(value / scales[i % columns]!))),
  );
  const name = constant.name;
  const of = (part: string): string => `${name}_${part}`;
  const make = nodeMaker(name);
  const constants = [
    tensor(of('int8'), dataTypes.int8, [inner, columns], values),
    tensor(of('scales'), dataTypes.float, [1, columns], scales),
  ];
  const type = typeOf(constant, cast);
  const nodes: OnnxNode[] = [];
  let input = node.inputs[0]!;
  if (type !== dataTypes.float) {
    nodes.push(make('Cast', [input], [of('input')], dataTypes.float));
    input = of('input');
  }
  if (range === undefined) nodes.push(make('DynamicQuantizeLinear', [input], [of('whole'), of('step'), of('zero')]));
  else {
    // Zero must be a value of its own.
    const low = Math.min(0, range[0]);
    const step = Math.fround((Math.max(0, range[1]) - low) / 255) || 1;
    constants.push(
      tensor(of('step'), dataTypes.float, [], Float32Array.of(step)),
      tensor(of('zero'), dataTypes.uint8, [], Uint8Array.of(Math.min(255, Math.max(0, Math.round(-low / step))))),
    );
    nodes.push(make('QuantizeLinear', [input, of('step'), of('zero')], [of('whole')]));
  }
  nodes.push(
    make('MatMulInteger', [of('whole'), of('int8'), of('zero')], [of('product')]),
    make('Cast', [of('product')], [of('counted')], dataTypes.float),
    make('Mul', [of('counted'), of('scales')], [of('scaled')]),
  );
  const output = node.outputs[0]!;
  const last = type === dataTypes.float ? output : of('output');
  nodes.push(make('Mul', [of('scaled'), of('step')], [last]));
  if (last !== output) nodes.push(make('Cast', [last], [output], type));
  return { constants, nodes };
}

function quantiseTable({ tensor: constant, node, cast }: Weight): Quantised | undefined {
  const numbers = Array.from(tensorNumbers(constant));
  const most = numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (!Number.isFinite(most) || most === 0) return undefined;
  const scale = Math.fround(most / 127);
  const values = Int8Array.from(numbers, (value) => Math.max(-127, Math.min(127, Math.round(value / scale))));
  const of = (part: string): string => `${constant.name}_${part}`;
  const make = nodeMaker(constant.name);
  const type = typeOf(constant, cast);
  const output = node.outputs[0]!;
  const last = type === dataTypes.float ? output : of('output');
  return {
    constants: [
      tensor(of('int8'), dataTypes.int8, constant.dims, values),
      tensor(of('scale'), dataTypes.float, [], Float32Array.of(scale)),
      tensor(of('zero'), dataTypes.int8, [], Int8Array.of(0)),
    ],
    nodes: [
      { ...node, inputs: [of('int8'), node.inputs[1]!], outputs: [of('rows')] },
      make('DequantizeLinear', [of('rows'), of('scale'), of('zero')], [last]),
      ...(last === output ? [] : [make('Cast', [last], [output], type)]),
    ],
  };
}
