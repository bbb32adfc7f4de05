import { decodeArrays, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { loadModel } from '../artefact/model.ts';
import { predictionOf } from '../artefact/prediction-of.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { encodeTarget } from '../data/prepare/encode-target.ts';
import { columnOf, takeRows } from '../data/rows.ts';
import { curveFacts } from '../evaluate/curve-facts.ts';
import { type GroupScore, type GroupScores, scoresByGroup } from '../evaluate/group-scores.ts';
import { bootstrapGain, bootstrapMetric, probabilityMeets } from '../evaluate/intervals.ts';
import type { Prediction, UndefinedReason } from '../evaluate/metric.ts';
import { metricOf } from '../evaluate/metrics.ts';
import { blockLength, type Resampling } from '../evaluate/resample.ts';
import { part } from '../evaluate/rows-of-prediction.ts';
import { toPrediction } from '../evaluate/search-score.ts';
import type { Problem } from '../learn/learner.ts';
import { readModel } from '../learn/model-blob.ts';
import type { CurveFacts } from '../report/report-facts.ts';
import { ScoreSums } from '../serve/drift/score-sums.ts';
import { defineAction } from './action.ts';

export interface EvaluateInput {
  /** Blob of the model file. */
  readonly model: string;
  /** Blob of the vault's rows, and of their groups where rows are not independent. */
  readonly vault: string;
  readonly groups?: string;
  readonly ordered: boolean;
  /** Spellings of labels are merged as on the rows to learn from. */
  readonly plan: CleaningPlan;
  readonly unit?: string;
  readonly problem: Problem;
  readonly target: string;
  readonly classes: readonly string[];
  readonly metrics: readonly { readonly metric: MetricId; readonly threshold?: number }[];
  /** Blob of the fitted baseline. */
  readonly baseline: string;
  /** Columns whose groups are scored apart. */
  readonly fairness: readonly string[];
  /** Whether it is scored as outcomes are that come later. */
  readonly asOutcomes?: boolean;
  readonly seed: number;
}

/** A metric on the vault, with its 95 % interval, or why it has no value there. */
export type VaultScore =
  | {
      readonly metric: MetricId;
      readonly defined: true;
      readonly value: number;
      readonly low: number;
      readonly high: number;
      readonly method: string;
      readonly threshold?: number;
      readonly meets?: boolean;
      readonly probability?: number;
    }
  | { readonly metric: MetricId; readonly defined: false; readonly reason: UndefinedReason };

export interface EvaluateOutput {
  readonly rows: number;
  /** Rows whose class the model has never seen: no metric knows them, so they are left out and counted. */
  readonly unseenClassRows: number;
  readonly scores: readonly VaultScore[];
  readonly baseline: readonly VaultScore[];
  /** Gain over the baseline in the first metric: positive is better. */
  readonly gain?: {
    readonly gain: number;
    readonly low: number;
    readonly high: number;
    readonly probabilityBetter: number;
  };
  readonly curves: readonly CurveFacts[];
  /** The first metric by group of each column that the result should be fair to. */
  readonly groups: readonly (Omit<GroupScores, 'groups'> & { readonly groups: readonly Omit<GroupScore, 'where'>[] })[];
  /** Blob of which rows each of them has, as JSON: by column, in their order. No cell is in a journal or an event. */
  readonly groupValues?: string;
  /** Accuracy, or mean absolute error, with the interval that outcomes get. */
  readonly outcomeScore?: {
    readonly metric: 'accuracy' | 'mae';
    readonly value: number;
    readonly low: number;
    readonly high: number;
  };
  /** Share of the vault's values inside the model's intervals; regression alone. */
  readonly coverage?: number;
  /** Blob of the predictions, so that every number can be computed again. */
  readonly predictions: string;
}

/** Judges the finished file on the vault: predicts with it, and scores it beside the baseline. */
export const evaluate = defineAction<EvaluateInput, EvaluateOutput>({
  name: 'evaluate',
  async run(input, context) {
    const { problem, classes } = input;
    // Columns that the result should be fair to may have been left out of the model.
    const original = decodeTable(await context.blobs.get(input.vault));
    const { table: vault } = applyCleaning(original, input.plan);
    await using model = loadModel(await context.blobs.get(input.model), await context.backend(), {
      where: 'inline',
      threads: context.cores,
    });
    const predicted = await model.predictTable(vault);
    const encoded = encodeTarget(
      columnOf(vault, input.target),
      problem.task,
      problem.task === 'regression' ? {} : { classes },
    );
    const judged = Uint32Array.from(encoded.target.keys()).filter((row) => !Number.isNaN(encoded.target[row]!));
    const truth = Float64Array.from(judged, (row) => encoded.target[row]!);
    const prediction = part(predictionOf(predicted, classes), judged);

    const learned = await readModel(input.baseline, context.blobs, context.learner);
    const empty = { rowCount: truth.length, numbers: [], categories: [] };
    const base = toPrediction(problem, learned.predict(empty));

    const groups =
      input.groups === undefined
        ? undefined
        : (decodeArrays(await context.blobs.get(input.groups)).arrays.groups as Int32Array);
    const resampling: Resampling =
      groups !== undefined
        ? { kind: 'groups', groups: Int32Array.from(judged, (row) => groups[row]!) }
        : input.ordered
          ? { kind: 'blocks', length: blockLength(truth.length) }
          : { kind: 'rows' };
    const interval = { seed: `${input.seed}/vault`, resampling };
    const scoresOf = (of: Prediction): VaultScore[] =>
      input.metrics.map(({ metric, threshold }) => {
        const result = bootstrapMetric(metric, truth, of, interval);
        if (!result.defined) return { metric, defined: false, reason: result.reason };
        const { value, low, high, method } = result.interval;
        const probability = threshold === undefined ? undefined : probabilityMeets(result, threshold);
        return {
          metric,
          defined: true,
          value,
          low,
          high,
          method,
          ...(threshold === undefined
            ? {}
            : { threshold, meets: metricOf(metric).greaterIsBetter ? value >= threshold : value <= threshold }),
          ...(probability === undefined ? {} : { probability }),
        };
      });
    const judgedTable = input.fairness.length === 0 ? undefined : takeRows(original, judged);
    const groupScores = input.fairness.map((name) =>
      scoresByGroup(columnOf(judgedTable!, name), input.metrics[0]!.metric, truth, prediction, interval),
    );
    const outcome = input.asOutcomes === true ? scoreAsOutcomes(truth, prediction) : undefined;
    const gain = bootstrapGain(input.metrics[0]!.metric, truth, prediction, base, interval);
    return {
      rows: truth.length,
      unseenClassRows: encoded.target.length - judged.length,
      ...(outcome === undefined ? {} : { outcomeScore: outcome }),
      scores: scoresOf(prediction),
      baseline: scoresOf(base),
      ...(gain === undefined
        ? {}
        : { gain: { gain: gain.gain, low: gain.low, high: gain.high, probabilityBetter: gain.probabilityBetter } }),
      curves: curveFacts(problem, truth, prediction, classes, input.unit),
      groups: groupScores.map((scored) => ({
        ...scored,
        groups: scored.groups.map(({ where: _where, ...score }) => score),
      })),
      ...(groupScores.length === 0
        ? {}
        : {
            groupValues: await context.blobs.put(
              new TextEncoder().encode(
                JSON.stringify(groupScores.map(({ groups: scored }) => scored.map(({ where }) => where))),
              ),
            ),
          }),
      ...(predicted.kind === 'regression' && predicted.intervals !== undefined
        ? { coverage: coverageOf(predicted.intervals, truth, judged) }
        : {}),
      predictions: await context.blobs.put(
        encodeArrays(
          { classCount: prediction.classCount },
          {
            truth,
            ...(prediction.probabilities === undefined ? {} : { probabilities: prediction.probabilities }),
            ...(prediction.labels === undefined ? {} : { labels: prediction.labels }),
            ...(prediction.values === undefined ? {} : { values: prediction.values }),
          },
        ),
      ),
    };
  },
});

function coverageOf(intervals: Float32Array, truth: Float64Array, rows: Uint32Array): number {
  let inside = 0;
  rows.forEach((row, i) => {
    if (truth[i]! >= intervals[2 * row]! && truth[i]! <= intervals[2 * row + 1]!) inside++;
  });
  return inside / truth.length;
}

function scoreAsOutcomes(truth: Float64Array, { labels, values }: Prediction): EvaluateOutput['outcomeScore'] {
  const sums = new ScoreSums(labels !== undefined);
  for (const [i, value] of truth.entries())
    sums.add(labels === undefined ? Math.abs(values![i]! - value) : Number(labels[i] === value));
  if (sums.count === 0) return undefined;
  const { metric, value, interval } = sums.score();
  return Number.isFinite(interval[1]) ? { metric, value, low: interval[0], high: interval[1] } : undefined;
}
