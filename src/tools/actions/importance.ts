import { decodeArrays } from '../../core/helpers/encode-arrays.ts';
import { createRandom } from '../../core/helpers/random.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { collectPredictions } from '../artefact/decode-predictions.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { predictionOf } from '../artefact/prediction-of.ts';
import { withShuffled } from '../artefact/vary-input.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { encodeTarget } from '../data/prepare/encode-target.ts';
import { sampleRows } from '../data/reduce/sample-rows.ts';
import { columnOf, takeRows } from '../data/rows.ts';
import { metricOf } from '../evaluate/metrics.ts';
import { permutationImportance } from '../evaluate/permutation-importance.ts';
import { blockLength, createResampler, type Resampling } from '../evaluate/resample.ts';
import type { Problem } from '../learn/learner.ts';
import { defineAction } from './action.ts';

export interface ImportanceInput {
  /** Blob of the model file. */
  readonly model: string;
  /** Blob of the rows to judge on, and of their groups where rows are not independent. */
  readonly rows: string;
  readonly groups?: string;
  readonly ordered: boolean;
  readonly plan: CleaningPlan;
  readonly problem: Problem;
  readonly target: string;
  readonly classes: readonly string[];
  readonly metric: MetricId;
  /** Of the model; sets how many rows are paid for. */
  readonly operationsPerRow: number;
  readonly seed: number;
}

export interface ImportanceOutput {
  readonly metric: MetricId;
  /** Rows that were predicted, of so many. */
  readonly rows: number;
  readonly of: number;
  readonly shuffles: number;
  /** By falling importance, with 95 % intervals; empty where the metric has no value on the rows. */
  readonly columns: readonly {
    readonly column: string;
    readonly drop: number;
    readonly low: number;
    readonly high: number;
  }[];
}

const shuffles = 5;
const mostRows = 2000;
const leastRows = 100;
/** Counted operations that all predictions together may take: a second, by what the runtime takes for one (4 ns, with its cells). */
const mostOperations = 2e8;

/** Rows that can be predicted so many times for the price. Counted, so that the same rows are taken everywhere. */
export function affordableRows(operationsPerRow: number, columns: number, times: number): number {
  // Reading a cell and writing a prediction cost too.
  const perRow = (operationsPerRow + 25 * columns + 250) * times;
  return Math.max(leastRows, Math.min(mostRows, Math.floor(mostOperations / perRow)));
}

/** Permutation importance of every column of the finished file. */
export const importance = defineAction<ImportanceInput, ImportanceOutput>({
  name: 'importance',
  async run(input, context) {
    const { problem, classes, metric, seed } = input;
    const { table } = applyCleaning(decodeTable(await context.blobs.get(input.rows)), input.plan);
    const options = problem.task === 'regression' ? {} : { classes };
    const { target } = encodeTarget(columnOf(table, input.target), problem.task, options);
    const judged = Uint32Array.from(target.keys()).filter((row) => !Number.isNaN(target[row]!));
    const file = await context.blobs.get(input.model);
    const signature = readSignature(checkModel(file));
    const inputs = signature.inputs;
    const size = affordableRows(input.operationsPerRow, inputs.length, inputs.length * shuffles);
    const rows = sampled(judged, target, size, problem, `${seed}/importance`);
    const none = { metric, rows: rows.length, of: judged.length, shuffles, columns: [] };
    if (rows.length < 2) return none;

    const groups =
      input.groups === undefined
        ? undefined
        : (decodeArrays(await context.blobs.get(input.groups)).arrays.groups as Int32Array);
    const resampling: Resampling =
      groups !== undefined
        ? { kind: 'groups', groups: Int32Array.from(rows, (row) => groups[row]!) }
        : input.ordered
          ? { kind: 'blocks', length: blockLength(rows.length) }
          : { kind: 'rows' };
    const resampler = createResampler(rows.length, resampling, createRandom(`${seed}/importance/rows`));
    const truth = Float64Array.from(rows, (row) => target[row]!);
    const tensors = encodeTableForModel(signature, takeRows(table, rows));
    const backend = await context.backend();
    await using predictor = await backend.load(file, {
      where: 'inline',
      threads: context.cores,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    const predict = async (of: typeof tensors) =>
      predictionOf(collectPredictions(signature, [await predictor.predict(of)]), classes);
    const prediction = await predict(tensors);
    if (!metricOf(metric).compute(truth, prediction).defined) return none;
    const columns: ImportanceOutput['columns'][number][] = [];
    for (const [index, column] of inputs.entries()) {
      const random = createRandom(`${seed}/importance/${column.name}`);
      const permuted: Awaited<ReturnType<typeof predict>>[] = [];
      for (let shuffle = 0; shuffle < shuffles; shuffle++) {
        const order = random.shuffle(Uint32Array.from(rows.keys()));
        permuted.push(await predict(withShuffled(tensors, column, order)));
      }
      const found = permutationImportance(metric, truth, prediction, permuted, resampler);
      if (found !== undefined) columns.push({ column: column.name, ...found });
      context.progress((index + 1) / inputs.length);
    }
    return { ...none, columns: columns.sort((a, b) => b.drop - a.drop) };
  },
});

/** Some of the rows, within the classes, in their own order. */
function sampled(
  judged: Uint32Array,
  target: Float64Array,
  size: number,
  { classCount }: Problem,
  seed: string,
): Uint32Array {
  if (judged.length <= size) return judged;
  const strata = Int32Array.from(judged, (row) => (classCount > 0 ? target[row]! : 0));
  const taken = sampleRows({ rowCount: judged.length, size, strata, stratumCount: Math.max(1, classCount), seed });
  return Uint32Array.from(taken.rows, (position) => judged[position]!).sort();
}
