import type { Tensor, Tensors, TrainingData } from '../../backend.ts';
import type { Signature } from '../../network/layer-definition.ts';
import { scheduleFactor } from '../../network/schedule.ts';
import type { EmitPass } from '../autodiff/emit.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import type { ImageLayout } from '../layout/image-layout.ts';
import type { CheckedData } from './check-data.ts';
import { dropoutKeys } from './dropout.ts';
import { activationBytes, checkMemory, isLarge, stateBytes } from './memory.ts';
import type { StateTensor, TrainingPlan } from './plan.ts';
import { afterName, encodeScan, lossesName, metricName, outerName } from './scan-model.ts';
import { buildStep, dataName, type StepGraph } from './step-graph.ts';
import { takenRows } from './taken-rows.ts';
import type { OpenSession, TrainingSession } from './training-session.ts';

/** Data under the names that graphs have for them; nothing is copied. */
export function dataFeeds(data: TrainingData, { targets }: CheckedData): Tensors {
  const inputs = Object.entries(data.inputs).map(([name, value]) => [dataName('input', name), value] as const);
  const expected = targets.map((target, i) => [dataName('target', String(i)), target.tensor] as const);
  return Object.fromEntries([...inputs, ...expected]);
}

/** Tensors of the state as the graph carries them: one behind the other. */
function joined({ shape }: Value, members: readonly StateTensor[], state: Tensors): Tensor {
  if (members.length === 1) return state[members[0]!.key]!;
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const { key } of members) {
    const part = state[key]!.data as Float32Array;
    data.set(part, at);
    at += part.length;
  }
  return { dtype: 'float32', shape, data };
}

/** The same one by one; they share their memory. */
function apart(data: Float32Array, members: readonly StateTensor[]): readonly (readonly [string, Tensor])[] {
  let at = 0;
  return members.map(({ key, shape }) => {
    const start = at;
    at += sizeOf(shape);
    return [key, { dtype: 'float32', shape, data: data.subarray(start, at) }] as const;
  });
}

/** What a native call made. */
export interface StepsMade {
  readonly state: Tensors;
  readonly losses: Float32Array;
  readonly metrics: Readonly<Record<string, Float32Array>>;
}

/** What a runtime asks of graphs. */
export interface GraphOptions {
  readonly layout?: ImageLayout | undefined;
  /** What changes the nodes of a step before they are written. */
  readonly passes?: readonly EmitPass[] | undefined;
}

/** Steps of one batch size: the compiled graph and what it is fed. */
export class StepSession implements AsyncDisposable {
  readonly graph: StepGraph;
  /** Measured time of one step; 0 before the first call. */
  msPerStep = 0;
  readonly #plan: TrainingPlan;
  readonly #batch: number;
  readonly #session: TrainingSession;

  private constructor(plan: TrainingPlan, batch: number, graph: StepGraph, session: TrainingSession) {
    this.#plan = plan;
    this.#batch = batch;
    this.graph = graph;
    this.#session = session;
  }

  static async open(
    plan: TrainingPlan,
    openSession: OpenSession,
    batch: number,
    targets: readonly Signature[],
    { layout, passes }: GraphOptions = {},
  ): Promise<StepSession> {
    const graph = buildStep(plan, batch, targets, layout);
    checkMemory(
      `a step of ${batch} rows`,
      stateBytes(plan) + activationBytes(graph),
      plan.training.memoryLimitBytes,
      'Use smaller batches, or a smaller network.',
    );
    const options = { isFrugal: isLarge(plan), isFolded: true };
    const session = await openSession(encodeScan(graph, passes), plan.training.threads ?? 2, options);
    return new StepSession(plan, batch, graph, session);
  }

  /** Row numbers, controls and random integers of steps in a row, each with the steps as first axis. */
  stepFeeds(batches: readonly Int32Array[], first: number, rate: number): Tensors {
    const { training, optimiser } = this.#plan;
    const count = batches.length;
    const index = new Int32Array(count * this.#batch);
    for (const [i, rows] of batches.entries()) index.set(rows, i * this.#batch);
    const controls = this.graph.controls.map(() => new Float32Array(count));
    for (let i = 0; i < count; i++) {
      const factor = training.schedule === undefined ? 1 : scheduleFactor(training.schedule, first + i);
      for (const [j, value] of optimiser.controlsAt(rate * factor, first + i).entries()) controls[j]![i] = value;
    }
    const feeds: Record<string, Tensor> = {
      [outerName(this.graph.index)]: { dtype: 'int32', data: index, shape: [count, this.#batch] },
    };
    for (const [j, value] of this.graph.controls.entries()) {
      feeds[outerName(value)] = { dtype: 'float32', data: controls[j]!, shape: [count] };
    }
    for (const { layer, type, count: size, value } of this.graph.randoms) {
      const keys = new Int32Array(count * size);
      for (let i = 0; i < count; i++) {
        keys.set(dropoutKeys(training.seed ?? 0, layer, first + i, type, size), i * size);
      }
      feeds[outerName(value)] = { dtype: 'int32', data: keys, shape: [count, ...value.shape] };
    }
    return feeds;
  }

  /** Makes steps in one native call; returns the state after them, and one loss and one of each metric a step. */
  async run(data: Tensors, state: Tensors, steps: Tensors): Promise<StepsMade> {
    const name = outerName(this.graph.index);
    const rows = this.#session.copiesFeeds === true ? takenRows(data, steps[name]!) : { data, index: steps[name]! };
    const feeds: Record<string, Tensor> = { ...rows.data, ...steps, [name]: rows.index };
    for (const { value, key } of this.graph.fixed) feeds[value.input!] = state[key]!;
    for (const { before, members } of this.graph.carried) feeds[outerName(before)] = joined(before, members, state);
    const made = await this.#session.run(feeds);
    const after = this.graph.carried.flatMap(({ before, members }) =>
      apart(made[afterName(outerName(before))]!.data as Float32Array, members),
    );
    const metrics = this.graph.metrics.map(
      ({ metric }) => [metric, made[metricName(metric)]!.data as Float32Array] as const,
    );
    return {
      state: { ...state, ...Object.fromEntries(after) },
      losses: made[lossesName]!.data as Float32Array,
      metrics: Object.fromEntries(metrics),
    };
  }

  /** The feeds of one step for the step graph itself, without the `Scan` around it. */
  singleFeeds(data: Tensors, state: Tensors, steps: Tensors): Tensors {
    const feeds: Record<string, Tensor> = { ...data };
    for (const { value, key } of this.graph.fixed) feeds[value.input!] = state[key]!;
    for (const { before, members } of this.graph.carried) feeds[before.input!] = joined(before, members, state);
    const sliced = [this.graph.index, ...this.graph.controls, ...this.graph.randoms.map(({ value }) => value)];
    for (const value of sliced) feeds[value.input!] = { ...steps[outerName(value)]!, shape: value.shape };
    return feeds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
