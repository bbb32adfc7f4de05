import type { Signature } from '../../network/layer-definition.ts';
import { emitGraph } from '../autodiff/emit.ts';
import { encodeGraph } from '../autodiff/encode-graph.ts';
import { Graph } from '../autodiff/graph.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import { lowerNetwork } from './lower-layers.ts';
import { totalOf } from './lower-loss.ts';
import { type TrainingPlan, valueType } from './plan.ts';
import { declareData, judgeRows } from './step-graph.ts';

/** A batch size for shapes while a graph is made whose batch is free; no name of one is 1, which would broadcast. */
const anyBatch = 2;

/**
 * The trained network alone, as an ONNX file: inputs and outputs as the network names them, the batch free, the weights
 * inside, dropout gone and running statistics in place of the batch's.
 */
export function encodePrediction(plan: TrainingPlan, weights: ReadonlyMap<string, Float32Array>): Uint8Array {
  const graph = new Graph();
  const inputs = new Map(
    Object.entries(plan.network.inputs).map(([name, { dtype, shape }]) => [
      name,
      graph.input(name, valueType(dtype), [anyBatch, ...shape]),
    ]),
  );
  const parameters = new Map(
    plan.parameters.map(({ key, shape }) => [key, graph.constant({ type: 'float', shape, data: weights.get(key)! })]),
  );
  const { values } = lowerNetwork(graph, plan.network, { inputs, parameters, random: undefined });
  const outputs = Object.entries(plan.network.outputs).map(([name, { layer }]) => [name, values.get(layer)!] as const);
  const free = new Map([...inputs.values(), ...outputs.map(([, value]) => value)].map((value) => [value, 'batch']));
  return encodeGraph(emitGraph(graph, { name: 'network', inputs: [...inputs.values()], outputs, prefix: '_', free }));
}

/** Names of what {@link encodeEvaluation} gives. */
export const evaluationNames = {
  total: (what: string) => `total:${what}`,
  weight: (what: string) => `weight:${what}`,
  output: (name: string) => `output:${name}`,
};

/** A model that judges a network, and how its sums become means. */
export interface EncodedEvaluation {
  readonly bytes: Uint8Array;
  /** Values that the loss and each metric have for one row; undefined where they are weighted. */
  readonly valuesPerRow: ReadonlyMap<string, number | undefined>;
}

/**
 * The network with its loss and metrics on rows of data, weights as inputs.
 *
 * Outputs: the sum of the loss and of each metric, the sums of their weights where they have such, and, if they are
 * asked for, the network's outputs.
 */
export function encodeEvaluation(
  plan: TrainingPlan,
  targets: readonly Signature[],
  withOutputs: boolean,
): EncodedEvaluation {
  const graph = new Graph();
  const index = graph.input('index', 'int32', [anyBatch]);
  const data = declareData(graph, plan, targets);
  const parameters = new Map(plan.parameters.map(({ key, shape }) => [key, graph.input(key, 'float', shape)]));
  const judged = judgeRows(graph, plan, data, index, { parameters, random: undefined });
  const outputs = withOutputs ? Object.entries(plan.network.outputs) : [];
  const made = outputs.map(([name, { layer }]) => [evaluationNames.output(name), judged.values.get(layer)!] as const);
  const measures = [['loss', judged.loss] as const, ...judged.metrics];
  const sums = measures.flatMap(([name, { values, weights }]): (readonly [string, Value])[] => {
    const total = [evaluationNames.total(name), totalOf(graph, values)] as const;
    return weights === undefined ? [total] : [total, [evaluationNames.weight(name), totalOf(graph, weights)]];
  });
  const free = new Map([
    ...data.all.map((value) => [value, 'rows'] as const),
    ...[index, ...made.map(([, value]) => value)].map((value) => [value, 'batch'] as const),
  ]);
  const inputs = [...data.all, index, ...parameters.values()];
  const emitted = emitGraph(graph, { name: 'evaluation', inputs, outputs: [...sums, ...made], prefix: '_', free });
  const valuesPerRow = measures.map(
    ([name, { values, weights }]) =>
      [name, weights === undefined ? sizeOf(values.shape) / anyBatch : undefined] as const,
  );
  return { bytes: encodeGraph(emitted), valuesPerRow: new Map(valuesPerRow) };
}
