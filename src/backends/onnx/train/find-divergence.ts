import type { Tensors } from '../../backend.ts';
import { emitGraph } from '../autodiff/emit.ts';
import { encodeGraph } from '../autodiff/encode-graph.ts';
import type { TrainingPlan } from './plan.ts';
import type { StepGraph } from './step-graph.ts';
import type { OpenSession } from './training-session.ts';

/**
 * The first layer whose output is not finite in one step; undefined where all are, and the loss alone is not.
 *
 * @param feeds of the step graph itself: data, state, row numbers, controls and random integers of one step.
 */
export async function findDivergence(
  plan: TrainingPlan,
  step: StepGraph,
  feeds: Tensors,
  open: OpenSession,
): Promise<string | undefined> {
  const { graph, values, data, index, controls, randoms } = step;
  const state = [...step.fixed.map(({ value }) => value), ...step.carried.map(({ before }) => before)];
  // x − x is 0 where x is finite, else NaN, and a sum keeps that.
  const checks = plan.network.layers
    .map(({ name }) => [name, values.get(name)!] as const)
    .filter(([, value]) => value.type === 'float')
    .map(([name, value]) => {
      const zeros = graph.apply('Sub', [value, value]);
      return [`finite:${name}`, graph.apply('ReduceSum', [zeros], { keepdims: { int: 0 } })] as const;
    });
  const inputs = [...data, ...state, index, ...controls, ...randoms.map(({ value }) => value)];
  const free = new Map(data.map((value) => [value, 'rows']));
  const model = encodeGraph(emitGraph(graph, { name: 'divergence', inputs, outputs: checks, prefix: '_', free }));
  await using session = await open(model, 1);
  const results = await session.run(feeds);
  const found = checks.find(([name]) => !Number.isFinite((results[name]!.data as Float32Array)[0]));
  return found?.[0].slice('finite:'.length);
}
