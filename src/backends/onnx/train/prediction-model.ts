import type { Signature } from '../../network/layer-definition.ts';
import { emitGraph } from '../autodiff/emit.ts';
import { encodeGraph } from '../autodiff/encode-graph.ts';
import { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import { lowerNetwork } from './lower-layers.ts';
import { lowerLoss, totalOf } from './lower-loss.ts';
import { type TrainingPlan, valueType } from './plan.ts';
import { rowsOf } from './step-graph.ts';

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
  total: 'loss:total',
  weight: 'loss:weight',
  output: (name: string) => `output:${name}`,
};

/**
 * The network with its loss on rows of data, weights as inputs.
 *
 * Outputs: the sum of the loss, the sum of its weights where it has such, and the network's outputs.
 */
export function encodeEvaluation(plan: TrainingPlan, targetSignature: Signature): Uint8Array {
  const graph = new Graph();
  const index = graph.input('index', 'int32', [anyBatch]);
  const { data, inputs, target } = rowsOf(graph, plan, targetSignature, index);
  const parameters = new Map(plan.parameters.map(({ key, shape }) => [key, graph.input(key, 'float', shape)]));
  const { values } = lowerNetwork(graph, plan.network, { inputs, parameters, random: undefined });
  const made = Object.entries(plan.network.outputs).map(
    ([name, { layer }]) => [evaluationNames.output(name), values.get(layer)!] as const,
  );
  const judged = values.get(plan.network.outputs[plan.loss.output]!.layer)!;
  const loss = lowerLoss(graph, plan.loss.loss, judged, target);
  const sums: (readonly [string, Value])[] = [[evaluationNames.total, totalOf(graph, loss.values)]];
  if (loss.weights !== undefined) sums.push([evaluationNames.weight, totalOf(graph, loss.weights)]);
  const free = new Map([
    ...data.map((value) => [value, 'rows'] as const),
    ...[index, ...made.map(([, value]) => value)].map((value) => [value, 'batch'] as const),
  ]);
  const from = [...data, index, ...parameters.values()];
  return encodeGraph(
    emitGraph(graph, { name: 'evaluation', inputs: from, outputs: [...sums, ...made], prefix: '_', free }),
  );
}
