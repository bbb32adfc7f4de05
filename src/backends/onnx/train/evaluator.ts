import { TrainerError } from '../../../core/errors.ts';
import type { Evaluation, Tensor } from '../../backend.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Runtime } from '../runtime.ts';
import type { CheckedData } from './check-data.ts';
import type { TrainingPlan } from './plan.ts';
import { encodeEvaluation, evaluationNames } from './prediction-model.ts';
import { type Feeds, openSession, type TrainingSession } from './session.ts';

/** Rows of one native call. */
const rowsPerCall = 1024;

/** Runs a network on data without training it. */
export class Evaluator implements AsyncDisposable {
  readonly #plan: TrainingPlan;
  readonly #runtime: Runtime;
  /** One for each element type of targets. */
  readonly #sessions = new Map<string, TrainingSession>();

  constructor(plan: TrainingPlan, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
  }

  /** Mean loss and outputs over all rows. @throws {TrainerError} TRAIN_DIVERGED where the loss is not finite. */
  async evaluate(data: Feeds, checked: CheckedData, state: Feeds): Promise<Evaluation> {
    const { rows } = checked;
    const session = await this.#sessionFor(checked);
    const weights = Object.fromEntries(this.#plan.parameters.map(({ key }) => [key, state[key]!]));
    const outputs = Object.entries(this.#plan.network.outputs).map(([name, { shape }]) => {
      return { name, shape, size: sizeOf(shape), data: new Float32Array(rows * sizeOf(shape)) };
    });
    let [total, weight] = [0, 0];
    for (let start = 0; start < rows; start += rowsPerCall) {
      const count = Math.min(rowsPerCall, rows - start);
      const index = Int32Array.from({ length: count }, (_, i) => start + i);
      const made = await session.run({ ...data, ...weights, index: new this.#runtime.Tensor('int32', index, [count]) });
      const sum = (name: string): number | undefined => (made[name]?.data as Float32Array | undefined)?.[0];
      total += sum(evaluationNames.total)!;
      weight += sum(evaluationNames.weight) ?? count * this.#valuesPerRow();
      for (const { name, size, data: all } of outputs) {
        all.set(made[evaluationNames.output(name)]!.data as Float32Array, start * size);
      }
    }
    const loss = total / weight;
    if (!Number.isFinite(loss)) {
      throw new TrainerError(
        'TRAIN_DIVERGED',
        'The loss over these data is NaN or infinite. Restore an earlier snapshot.',
      );
    }
    const tensors = outputs.map(({ name, shape, data: values }): [string, Tensor] => [
      name,
      { dtype: 'float32', shape: [rows, ...shape], data: values },
    ]);
    return { loss, outputs: Object.fromEntries(tensors) };
  }

  /** How many values of the loss one row has. */
  #valuesPerRow(): number {
    const { loss, output } = this.#plan.loss;
    const { shape } = this.#plan.network.outputs[output]!;
    return sizeOf(loss.kind === 'cross-entropy' ? shape.slice(0, -1) : shape);
  }

  async #sessionFor({ targetSignature }: CheckedData): Promise<TrainingSession> {
    const kept = this.#sessions.get(targetSignature.dtype);
    if (kept !== undefined) return kept;
    const made = await openSession(encodeEvaluation(this.#plan, targetSignature), this.#plan.training.threads ?? 2);
    this.#sessions.set(targetSignature.dtype, made);
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await session[Symbol.asyncDispose]();
    this.#sessions.clear();
  }
}
