import type { OnnxNode } from '../../../onnx/model.ts';
import { adapterNames, type ImportedLayer, importedGraph } from '../../network/layers/imported.ts';
import type { Graph } from '../autodiff/graph.ts';
import { floatOf } from '../autodiff/operator.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { type LowerGraphOptions, lowerGraph } from '../import/lower-graph.ts';
import type { LayerContext, Lower } from './layer-context.ts';
import { followStatistics } from './running-statistics.ts';

/** W + scale / rank · A·B; worked out here where all three are known. */
function merge(graph: Graph, w: Value, a: Value, b: Value, factor: number): Value {
  if (w.constant?.type !== 'float' || a.constant?.type !== 'float' || b.constant?.type !== 'float') {
    const change = graph.apply('Gemm', [a, b, w], { alpha: { float: factor } });
    return change;
  }
  const [rows, columns] = w.shape as [number, number];
  const rank = a.shape[1]!;
  const data = w.constant.data.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < rank; i++) sum += a.constant.data[row * rank + i]! * b.constant.data[i * columns + column]!;
      data[row * columns + column]! += factor * sum;
    }
  }
  return graph.constant({ type: 'float', shape: w.shape, data });
}

/** The file's own graph, with these weights. */
function predict({ graph, inputs, parameter }: LayerContext, layer: ImportedLayer): Value {
  const file = importedGraph(layer.model);
  const { adapters } = layer;
  const weights = layer.weights.map(({ name }) => {
    if (!adapters?.weights.includes(name)) return parameter(name);
    const [a, b] = adapterNames(name);
    return merge(graph, parameter(name), parameter(a), parameter(b), adapters.scale / adapters.rank);
  });
  return graph.verbatim(
    {
      graph: file,
      inputs: [...file.inputs.map(({ name }) => name), ...layer.weights.map(({ tensor }) => tensor)],
      output: file.outputs[0]!.name,
    },
    [...inputs, ...weights],
    { type: 'float', shape: [inputs[0]!.shape[0]!, ...layer.gives.shape] },
  );
}

/** x·W of an adapted weight: with x·A·B beside it, whose gradients are those of thin matrices. */
function adaptedProduct(context: LayerContext, layer: ImportedLayer): NonNullable<LowerGraphOptions['product']> {
  const { graph, parameter } = context;
  const factors = new Map(
    layer.weights
      .filter(({ name }) => layer.adapters?.weights.includes(name))
      .map(({ name, tensor }) => [tensor, adapterNames(name)]),
  );
  return (node: OnnxNode, [x, w, bias]) => {
    const names = ['MatMul', 'Gemm'].includes(node.operator) ? factors.get(node.inputs[1]!) : undefined;
    if (names === undefined || layer.adapters === undefined) return undefined;
    const [a, b] = names.map(parameter) as [Value, Value];
    const attributes = Object.fromEntries(node.attributes.map((one) => [one.name, one]));
    const isTurned = Number(attributes.transB?.int ?? 0) === 1;
    const outer = attributes.alpha?.float ?? 1;
    const beta = { beta: { float: attributes.beta?.float ?? 1 } };
    const isRow = Number(attributes.transA?.int ?? 0) === 1;
    const flat = isRow ? graph.apply('Transpose', [x!], { perm: { ints: [1, 0] } }) : asRows(graph, x!);
    const turned = { transB: { int: isTurned ? 1 : 0 } };
    const plain = graph.apply('Gemm', bias === undefined ? [flat, w!] : [flat, w!, bias], {
      ...turned,
      ...beta,
      alpha: { float: outer },
    });
    // (x·A)·B, or (x·Bᵀ)·Aᵀ where the weight is turned.
    const thin = graph.apply('Gemm', [flat, isTurned ? b : a], turned);
    const factor = (outer * layer.adapters.scale) / layer.adapters.rank;
    const made = graph.apply('Gemm', [thin, isTurned ? a : b, plain], { ...turned, alpha: { float: factor } });
    return x!.shape.length === 2
      ? made
      : graph.apply('Reshape', [made, graph.ints([...x!.shape.slice(0, -1), made.shape[1]!])]);
  };
}

const asRows = (graph: Graph, x: Value): Value =>
  x.shape.length === 2 ? x : graph.apply('Reshape', [x, graph.ints([sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])]);

/**
 * By running statistics: behind a convolution a part of its weights, which costs nothing and lets gradients through to all of them.
 * w·f and (b − mean)·f + shift with f = scale / √(variance + ε).
 */
function frozenNormalisation(graph: Graph, inputs: readonly Value[], epsilon: number): Value {
  const [x, scale, shift, mean, variance] = inputs as [Value, Value, Value, Value, Value];
  const root = graph.apply('Sqrt', [graph.apply('Add', [variance, graph.scalar(epsilon, x)])]);
  const factor = graph.apply('Div', [scale, root]);
  const conv = graph.producerOf(x);
  if (conv?.operator !== 'Conv') {
    return graph.apply('BatchNormalization', inputs, { epsilon: { float: epsilon } });
  }
  const [image, weight, bias] = conv.inputs as [Value, Value, Value | undefined];
  const wide = graph.apply('Reshape', [factor, graph.ints([-1, ...weight.shape.slice(1).map(() => 1)])]);
  const centre = bias === undefined ? graph.apply('Neg', [mean]) : graph.apply('Sub', [bias, mean]);
  const offset = graph.apply('Add', [graph.apply('Mul', [centre, factor]), shift]);
  return graph.apply('Conv', [image, graph.apply('Mul', [weight, wide]), offset], conv.attributes);
}

/** A graph of a file: as it is where it predicts, and node by node where it is trained. */
export const lowerImported: Lower<ImportedLayer> = (context, layer) => {
  const { graph, inputs, parameter, random } = context;
  if (random === undefined) return predict(context, layer);
  const file = importedGraph(layer.model);
  const names = new Map(layer.weights.map(({ name, tensor }) => [tensor, name]));
  const values = new Map([
    ...file.inputs.map(({ name }, i) => [name, inputs[i]!] as const),
    ...layer.weights.map(({ name, tensor }) => [tensor, parameter(name)] as const),
  ]);
  const lowered = lowerGraph(graph, file, {
    values,
    normalise({ node, inputs: given, attributes }) {
      const epsilon = floatOf(attributes, 'epsilon', 1e-5);
      const [x, scale, shift, mean, variance] = given as [Value, Value, Value, Value, Value];
      if (layer.batchNorm === 'frozen') return frozenNormalisation(graph, given, epsilon);
      const made = graph.applyAll('ChannelNormalization', [x, scale, shift], { epsilon: { float: epsilon } });
      const rows = sizeOf(x.shape) / x.shape[1]!;
      const follow = (tensor: string, running: Value, fresh: Value, weight: number) => {
        const name = names.get(tensor);
        if (name !== undefined) context.update(name, followStatistics(graph, running, fresh, weight));
      };
      follow(node.inputs[3]!, mean, made[1]!, 1);
      follow(node.inputs[4]!, variance, made[2]!, rows / Math.max(1, rows - 1));
      return made[0]!;
    },
    product: adaptedProduct(context, layer),
  });
  return lowered.get(file.outputs[0]!.name)!;
};
