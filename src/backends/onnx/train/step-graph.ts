import type { Signature } from '../../network/layer-definition.ts';
import type { Metric } from '../../network/training.ts';
import { gradientsOf } from '../autodiff/gradients.ts';
import { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import { layOut } from '../layout/apply-layout.ts';
import type { ImageLayout } from '../layout/image-layout.ts';
import { type LoweredNetwork, type LowerOptions, lowerNetwork } from './lower-layers.ts';
import { type LoweredLoss, lowerLoss, meanOfParts } from './lower-loss.ts';
import { lowerAccuracy } from './lower-metrics.ts';
import { clipByNorm } from './optimisers.ts';
import { type PlannedParameter, stateOf, type TrainingPlan, valueType } from './plan.ts';

/** Random integers that a step takes: one list for the rows and one for the columns of each dropout layer. */
export interface StepRandom {
  readonly layer: string;
  readonly type: 'rows' | 'columns';
  readonly count: number;
  readonly value: Value;
}

/** A measure of one step. */
export interface StepMetric {
  readonly metric: Metric;
  readonly value: Value;
}

/** One training step as a graph: forward, loss, backward, clipping, optimiser. */
export interface StepGraph {
  readonly graph: Graph;
  /** All rows of the inputs and of the targets, which belong to the graph around. */
  readonly data: readonly Value[];
  /** Row numbers of the batch, int32. */
  readonly index: Value;
  readonly controls: readonly Value[];
  readonly randoms: readonly StepRandom[];
  /** The state before the step, in the order of the plan. */
  readonly before: readonly Value[];
  /** The state after it. */
  readonly after: readonly Value[];
  readonly loss: Value;
  readonly metrics: readonly StepMetric[];
  /** Outputs of layers by name, of the first part of the batch. */
  readonly values: LoweredNetwork['values'];
}

/** The graph's name of a data tensor: inputs and targets may be named alike. */
export const dataName = (side: 'input' | 'target', name: string): string => `${side}:${name}`;

/** The data of a network in a graph: all rows of each tensor, which belong to the graph around. */
export interface DataValues {
  readonly inputs: ReadonlyMap<string, Value>;
  readonly targets: readonly Value[];
  readonly all: readonly Value[];
}

/** Declares the data of a network in a graph. */
export function declareData(graph: Graph, plan: TrainingPlan, targets: readonly Signature[]): DataValues {
  // The number of rows is free; only their shape matters here.
  const declare = (name: string, { dtype, shape }: Signature) => graph.input(name, valueType(dtype), [1, ...shape]);
  const inputs = Object.entries(plan.network.inputs).map(
    ([name, signature]) => [name, declare(dataName('input', name), signature)] as const,
  );
  const expected = targets.map((signature, i) => declare(dataName('target', String(i)), signature));
  return { inputs: new Map(inputs), targets: expected, all: [...inputs.map(([, value]) => value), ...expected] };
}

/** The loss and the metrics of some rows as values of a graph. */
export interface JudgedRows extends LoweredNetwork {
  readonly loss: LoweredLoss;
  readonly metrics: ReadonlyMap<Metric, LoweredLoss>;
}

/** Adds the forward pass of some rows of the data and everything that judges it. */
export function judgeRows(
  graph: Graph,
  { network, loss, training }: TrainingPlan,
  data: DataValues,
  index: Value,
  options: Omit<LowerOptions, 'inputs'>,
): JudgedRows {
  const take = (all: Value) => graph.apply('Gather', [all, index], { axis: { int: 0 } });
  const inputs = new Map([...data.inputs].map(([name, all]) => [name, take(all)]));
  const lowered = lowerNetwork(graph, network, { ...options, inputs });
  const outputs = loss.outputs.map((name) => lowered.values.get(network.outputs[name]!.layer)!);
  const targets = data.targets.map(take);
  const metrics = (training.metrics ?? []).map(
    (metric) => [metric, lowerAccuracy(graph, loss.loss, outputs[0]!, targets[0]!)] as const,
  );
  return { ...lowered, loss: lowerLoss(graph, loss.loss, outputs, targets), metrics: new Map(metrics) };
}

/** The sizes of the parts that a batch is worked out in: as equal as can be. */
function partsOf(batch: number, count: number): readonly number[] {
  const parts = Math.min(batch, count);
  return Array.from(
    { length: parts },
    (_, i) => Math.floor((batch * (i + 1)) / parts) - Math.floor((batch * i) / parts),
  );
}

/** Builds the graph of one step for a batch size and one of the targets that the loss takes. */
export function buildStep(
  plan: TrainingPlan,
  batch: number,
  targetSignatures: readonly Signature[],
  layout: ImageLayout | undefined,
): StepGraph {
  const { training, optimiser, parameters } = plan;
  const draft = new Graph();
  const index = draft.input('step:index', 'int32', [batch]);
  const data = declareData(draft, plan, targetSignatures);
  const state = new Map(plan.state.map(({ key, shape }) => [key, draft.input(`step:${key}`, 'float', shape)]));
  const scalars = optimiser.controls.map((name) => draft.input(`step:${name}`, 'float', []));
  const randoms: StepRandom[] = [];

  const sizes = partsOf(batch, training.accumulate ?? 1);
  const indices =
    sizes.length === 1 ? [index] : draft.applyAll('Split', [index, draft.ints(sizes)], { axis: { int: 0 } });
  // Running statistics go from part to part.
  const held = new Map(state);
  const parts = indices.map((rows, part) => {
    const judged = judgeRows(draft, plan, data, rows, {
      parameters: held,
      random(layer, type, count) {
        const name = part === 0 ? layer : `${layer}#${part}`;
        const value = draft.input(`step:${name}/${type}`, 'int32', type === 'rows' ? [count, 1] : [1, count]);
        randoms.push({ layer: name, type, count, value });
        return value;
      },
    });
    for (const [key, value] of judged.updates) held.set(key, value);
    return judged;
  });
  const drafted = meanOfParts(
    draft,
    parts.map((part) => part.loss),
  );
  const measured = (training.metrics ?? []).map((metric) => {
    const values = parts.map((part) => part.metrics.get(metric)!);
    return { metric, value: meanOfParts(draft, values).mean };
  });

  // Gradients are derived of the formulations that the layout chose.
  const { graph, plainOf, anyOf } = layOut(draft, layout);
  const before = new Map([...state].map(([key, value]) => [key, plainOf(value)]));
  const controls = scalars.map(plainOf);

  const trained = parameters.filter(({ isTrained }) => isTrained);
  const weights = trained.map(({ key }) => before.get(key)!);
  const slopes = drafted.parts
    .map((part) => gradientsOf(graph, plainOf(part), weights))
    .reduce((sum, part) => sum.map((slope, i) => graph.apply('Add', [slope, part[i]!])));
  const clipped = training.clipNorm === undefined ? slopes : clipByNorm(graph, slopes, training.clipNorm);
  const gradients = new Map(trained.map(({ key }, i) => [key, clipped[i]!]));

  const next = (parameter: PlannedParameter): readonly Value[] => {
    const [weight, ...slots] = stateOf(plan, parameter).map(({ key }) => before.get(key)!);
    const gradient = gradients.get(parameter.key);
    if (gradient === undefined) return [plainOf(held.get(parameter.key)!)];
    const { setting, isDecayed } = parameter;
    const made = optimiser.update({ graph, weight: weight!, gradient, slots, controls, isDecayed, setting });
    return [made.weight, ...made.slots];
  };
  return {
    graph,
    data: data.all.map(plainOf),
    index: plainOf(index),
    controls,
    randoms: randoms.map((random) => ({ ...random, value: plainOf(random.value) })),
    before: [...before.values()],
    after: parameters.flatMap(next),
    loss: plainOf(drafted.mean),
    metrics: measured.map(({ metric, value }) => ({ metric, value: plainOf(value) })),
    values: new Map([...parts[0]!.values].map(([name, value]) => [name, anyOf(value)])),
  };
}
