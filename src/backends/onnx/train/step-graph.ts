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
import { packParameters, unpack } from './parameter-packs.ts';
import { type StateTensor, type TrainingPlan, valueType } from './plan.ts';

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

/** State that goes through the steps as one tensor: one of the plan's, or several small ones, one behind the other. */
export interface CarriedTensor {
  readonly before: Value;
  readonly after: Value;
  readonly members: readonly StateTensor[];
}

/** State that no step changes: it stays outside. */
export interface FixedTensor {
  readonly value: Value;
  readonly key: string;
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
  readonly carried: readonly CarriedTensor[];
  readonly fixed: readonly FixedTensor[];
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
  const { training, optimiser } = plan;
  const draft = new Graph();
  const index = draft.input('step:index', 'int32', [batch]);
  const data = declareData(draft, plan, targetSignatures);
  const packs = packParameters(plan);
  const inputs = packs.map(({ tensors }) =>
    tensors.map(({ key, shape }) => draft.input(`step:${key}`, 'float', shape)),
  );
  const state = new Map(packs.flatMap((pack, i) => unpack(draft, pack, inputs[i]![0]!)));
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
  const before = inputs.map((values) => values.map(plainOf));
  const controls = scalars.map(plainOf);

  const weights = packs.flatMap(({ isTrained }, i) => (isTrained ? [before[i]![0]!] : []));
  const scale = optimiser.isScaled ? controls[0]! : undefined;
  const slopes = drafted.parts
    .map((part) => gradientsOf(graph, plainOf(part), weights, scale))
    .reduce((sum, part) => sum.map((slope, i) => graph.apply('Add', [slope, part[i]!])));
  const clipped = training.clipNorm === undefined ? slopes : clipByNorm(graph, slopes, training.clipNorm, scale);
  const gradients = new Map(weights.map((weight, i) => [weight, clipped[i]!]));

  const carried: CarriedTensor[] = [];
  const fixed: FixedTensor[] = [];
  for (const [i, { tensors, members, isDecayed, setting }] of packs.entries()) {
    const [weight, ...slots] = before[i] as [Value, ...Value[]];
    const gradient = gradients.get(weight);
    if (gradient !== undefined) {
      const made = optimiser.update({ graph, weight, gradient, slots, controls, isDecayed, setting });
      const after = [made.weight, ...made.slots];
      carried.push(
        ...tensors.map((tensor, k) => ({ before: before[i]![k]!, after: after[k]!, members: tensor.members })),
      );
      continue;
    }
    const { key } = members[0]!;
    const after = plainOf(held.get(key)!);
    if (after === weight) fixed.push({ value: weight, key });
    else carried.push({ before: weight, after, members: tensors[0]!.members });
  }
  return {
    graph,
    data: data.all.map(plainOf),
    index: plainOf(index),
    controls,
    randoms: randoms.map((random) => ({ ...random, value: plainOf(random.value) })),
    carried,
    fixed,
    loss: plainOf(drafted.mean),
    metrics: measured.map(({ metric, value }) => ({ metric, value: plainOf(value) })),
    values: new Map([...parts[0]!.values].map(([name, value]) => [name, anyOf(value)])),
  };
}
