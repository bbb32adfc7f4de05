import { TrainerError } from '../../../core/errors.ts';
import type { Evaluation, Tensor, Tensors } from '../../backend.ts';
import { checkAborted } from '../../given.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { CheckedData } from './check-data.ts';
import type { TrainingPlan } from './plan.ts';
import { type EncodedEvaluation, encodeEvaluation, evaluationNames } from './prediction-model.ts';
import { takenRows } from './taken-rows.ts';
import type { OpenSession, TrainingSession } from './training-session.ts';

/** The most rows of one native call. */
const mostRows = 1024;

/** Operations of one native call, about 200 ms: counted, not measured, so that the same rows go together anywhere. */
const callFlops = 8e9;

/** Values that all layers of one native call may have, 256 MB. */
const callValues = 64e6;

/** What {@link Evaluator.evaluate} takes beside the data. */
interface EvaluatorOptions {
  /** Parameters by `layer/name`. */
  readonly weights: Tensors;
  readonly withOutputs: boolean;
  readonly signal: AbortSignal | undefined;
}

interface Opened extends EncodedEvaluation {
  readonly session: TrainingSession;
}

/** Runs a network on data without training it. */
export class Evaluator implements AsyncDisposable {
  readonly #plan: TrainingPlan;
  readonly #open: OpenSession;
  readonly #rowsPerCall: number;
  /** One for each element type of targets, with outputs and without. */
  readonly #sessions = new Map<string, Opened>();

  constructor(plan: TrainingPlan, open: OpenSession) {
    this.#plan = plan;
    this.#open = open;
    const { layers } = plan.network;
    const flops = layers.reduce((sum, layer) => sum + layer.flops, 1);
    const values = layers.reduce((sum, { output }) => sum + sizeOf(output.shape), 1);
    const rows = Math.floor(Math.min(callFlops / flops, callValues / values));
    this.#rowsPerCall = Math.max(1, Math.min(mostRows, rows));
  }

  /** Means over all rows, and outputs. @throws {TrainerError} TRAIN_DIVERGED where the loss is not finite; RUN_ABORTED */
  async evaluate(data: Tensors, checked: CheckedData, options: EvaluatorOptions): Promise<Evaluation> {
    const { rows } = checked;
    const { session, valuesPerRow } = await this.#sessionFor(checked, options.withOutputs);
    const names = options.withOutputs ? Object.entries(this.#plan.network.outputs) : [];
    const outputs = names.map(([name, { shape }]) => {
      return { name, shape, size: sizeOf(shape), data: new Float32Array(rows * sizeOf(shape)) };
    });
    const sums = new Map([...valuesPerRow.keys()].map((name) => [name, { total: 0, weight: 0 }]));
    for (let start = 0; start < rows; start += this.#rowsPerCall) {
      checkAborted(options.signal, 'The evaluation was aborted through its signal; the network is as it was.');
      const count = Math.min(this.#rowsPerCall, rows - start);
      const index = Int32Array.from({ length: count }, (_, i) => start + i);
      const at = { dtype: 'int32', data: index, shape: [count] } as const;
      const fed = session.copiesFeeds === true ? takenRows(data, at) : { data, index: at };
      const made = await session.run({ ...fed.data, ...options.weights, index: fed.index });
      const number = (name: string) => (made[name]!.data as Float32Array)[0]!;
      for (const [name, perRow] of valuesPerRow) {
        const sum = sums.get(name)!;
        sum.total += number(evaluationNames.total(name));
        sum.weight += perRow === undefined ? number(evaluationNames.weight(name)) : count * perRow;
      }
      for (const { name, size, data: all } of outputs) {
        all.set(made[evaluationNames.output(name)]!.data as Float32Array, start * size);
      }
    }
    const means = Object.fromEntries([...sums].map(([name, { total, weight }]) => [name, total / weight]));
    const { loss, ...metrics } = means;
    if (!Number.isFinite(loss)) {
      throw new TrainerError(
        'TRAIN_DIVERGED',
        'The loss over these data is infinite or no number (NaN): the weights have grown beyond what can be computed. Restore an earlier snapshot, and lower the learning rate.',
      );
    }
    const tensors = outputs.map(({ name, shape, data: values }): [string, Tensor] => [
      name,
      { dtype: 'float32', shape: [rows, ...shape], data: values },
    ]);
    return { loss: loss!, metrics, outputs: Object.fromEntries(tensors) };
  }

  async #sessionFor({ targets }: CheckedData, withOutputs: boolean): Promise<Opened> {
    const signatures = targets.map(({ signature }) => signature);
    const key = `${withOutputs}:${signatures.map(({ dtype }) => dtype)}`;
    const kept = this.#sessions.get(key);
    if (kept !== undefined) return kept;
    const encoded = encodeEvaluation(this.#plan, signatures, withOutputs);
    const session = await this.#open(encoded.bytes, this.#plan.training.threads ?? 2);
    const made = { ...encoded, session };
    this.#sessions.set(key, made);
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { session } of this.#sessions.values()) await session[Symbol.asyncDispose]();
    this.#sessions.clear();
  }
}
