import type { Signature } from '../../network/layer-definition.ts';
import { gradientsOf } from '../autodiff/gradients.ts';
import { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import { layOut } from '../layout/apply-layout.ts';
import type { ImageLayout } from '../layout/image-layout.ts';
import { type LoweredNetwork, lowerNetwork } from './lower-layers.ts';
import { lowerLoss, meanLoss } from './lower-loss.ts';
import { clipByNorm } from './optimisers.ts';
import { type PlannedParameter, stateOf, type TrainingPlan, valueType } from './plan.ts';

/** Random integers that a step takes: one list for the rows and one for the columns of each dropout layer. */
export interface StepRandom {
  readonly layer: string;
  readonly type: 'rows' | 'columns';
  readonly count: number;
  readonly value: Value;
}

/** One training step as a graph: forward, loss, backward, clipping, optimiser. */
export interface StepGraph {
  readonly graph: Graph;
  /** All rows of the inputs and of the target, which belong to the graph around. */
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
  /** Outputs of layers by name. */
  readonly values: LoweredNetwork['values'];
}

/** The graph's name of a data tensor: inputs and targets may be named alike. */
export const dataName = (side: 'input' | 'target', name: string): string => `${side}:${name}`;

/** Declares the data of a network in a graph, and takes rows of them. */
export function rowsOf(graph: Graph, plan: TrainingPlan, target: Signature, index: Value) {
  const take = (name: string, { dtype, shape }: Signature) => {
    // The number of rows is free; only their shape matters here.
    const all = graph.input(name, valueType(dtype), [1, ...shape]);
    return { all, rows: graph.apply('Gather', [all, index], { axis: { int: 0 } }) };
  };
  const inputs = Object.entries(plan.network.inputs).map(([name, signature]) => ({
    name,
    ...take(dataName('input', name), signature),
  }));
  const expected = take(dataName('target', ''), target);
  return {
    data: [...inputs.map(({ all }) => all), expected.all],
    inputs: new Map(inputs.map(({ name, rows }) => [name, rows])),
    target: expected.rows,
  };
}

/** Builds the graph of one step for a batch size and one of the targets that the loss takes. */
export function buildStep(
  plan: TrainingPlan,
  batch: number,
  targetSignature: Signature,
  layout: ImageLayout | undefined,
): StepGraph {
  const { network, training, optimiser, parameters } = plan;
  const draft = new Graph();
  const index = draft.input('step:index', 'int32', [batch]);
  const { data, inputs, target } = rowsOf(draft, plan, targetSignature, index);
  const state = new Map(plan.state.map(({ key, shape }) => [key, draft.input(`step:${key}`, 'float', shape)]));
  const scalars = optimiser.controls.map((name) => draft.input(`step:${name}`, 'float', []));
  const randoms: StepRandom[] = [];

  const { values, updates } = lowerNetwork(draft, network, {
    inputs,
    parameters: state,
    random(layer, type, count) {
      const value = draft.input(`step:${layer}/${type}`, 'int32', type === 'rows' ? [count, 1] : [1, count]);
      randoms.push({ layer, type, count, value });
      return value;
    },
  });
  const judged = values.get(network.outputs[plan.loss.output]!.layer)!;
  const drafted = meanLoss(draft, lowerLoss(draft, plan.loss.loss, judged, target));

  // Gradients are derived of the formulations that the layout chose.
  const { graph, plainOf, anyOf } = layOut(draft, layout);
  const before = new Map([...state].map(([key, value]) => [key, plainOf(value)]));
  const controls = scalars.map(plainOf);
  const loss = plainOf(drafted);

  const trained = parameters.filter(({ isTrained }) => isTrained);
  const slopes = gradientsOf(
    graph,
    loss,
    trained.map(({ key }) => before.get(key)!),
  );
  const clipped = training.clipNorm === undefined ? slopes : clipByNorm(graph, slopes, training.clipNorm);
  const gradients = new Map(trained.map(({ key }, i) => [key, clipped[i]!]));

  const next = (parameter: PlannedParameter): readonly Value[] => {
    const [weight, ...slots] = stateOf(plan, parameter).map(({ key }) => before.get(key)!);
    const gradient = gradients.get(parameter.key);
    if (gradient === undefined) return [plainOf(updates.get(parameter.key)!)];
    const made = optimiser.update({
      graph,
      weight: weight!,
      gradient,
      slots,
      controls,
      isDecayed: parameter.isDecayed,
    });
    return [made.weight, ...made.slots];
  };
  return {
    graph,
    data: data.map(plainOf),
    index: plainOf(index),
    controls,
    randoms: randoms.map((random) => ({ ...random, value: plainOf(random.value) })),
    before: [...before.values()],
    after: parameters.flatMap(next),
    loss,
    values: new Map([...values].map(([name, value]) => [name, anyOf(value)])),
  };
}
