import { encodeArrays } from '../../core/helpers/encode-arrays.ts';
import type { MetricId } from '../../core/task-spec.ts';
import {
  applyCalibration,
  type Calibration,
  type CalibrationChoice,
  chooseCalibration,
  fitCalibration,
} from '../evaluate/calibration.ts';
import { chooseDecision, type DecisionRows } from '../evaluate/choose-decision.ts';
import { type Conformal, fitConformal } from '../evaluate/conformal.ts';
import { applyDecision, type DecisionRule, plainDecision } from '../evaluate/decision.ts';
import { applyBlend } from '../evaluate/ensemble.ts';
import type { Prediction } from '../evaluate/metric.ts';
import { readOutOfFold } from '../evaluate/out-of-fold.ts';
import { part, pick } from '../evaluate/rows-of-prediction.ts';
import { readTrainingSet } from '../learn/training-set.ts';
import { defineAction } from './action.ts';
import { type FoldScore, foldScores } from './fold-scores.ts';

export interface DecideInput {
  readonly set: string;
  readonly members: readonly { readonly predictions: readonly string[]; readonly weight: number }[];
  readonly metrics: readonly { readonly metric: MetricId; readonly threshold?: number }[];
  /** A kind to use instead of the one that cross-validated log loss prefers. */
  readonly calibration?: Calibration['kind'];
  /** `plain` takes the most probable class, whatever the metric. */
  readonly rule: 'metric' | 'plain';
  readonly seed: number;
}

export interface DecideOutput {
  readonly calibration: Calibration;
  readonly logLoss: CalibrationChoice['logLoss'];
  readonly decision?: DecisionRule;
  readonly interval?: Conformal;
  /** Scores of the blend over the folds, after calibration and decision; metrics without a value are left out. */
  readonly scores: readonly FoldScore[];
  /** Blob of the blend's out-of-fold predictions and labels, from which the scores can be computed again. */
  readonly outOfFold: string;
}

/** Calibrates the blend, chooses how probabilities become labels (or how wide an interval is), and scores the result on the folds. */
export const decide = defineAction<DecideInput, DecideOutput>({
  name: 'decide',
  async run(input, context) {
    const set = await readTrainingSet(input.set, context);
    const { problem } = set;
    const { classCount } = problem;
    const members = await Promise.all(input.members.map(({ predictions }) => readOutOfFold(set, predictions, context)));
    const [first] = members;
    const { target: truth, weights, fits } = first!;
    const blended = applyBlend(
      input.members.map(({ weight }) => weight),
      members.map(({ predictions }) => predictions),
    );

    let chosen: CalibrationChoice = { calibration: { kind: 'none' }, logLoss: {} };
    let decision: DecisionRule | undefined;
    let interval: Conformal | undefined;
    let prediction: Prediction;
    if (problem.task === 'regression') {
      interval = fitConformal(truth, blended);
      prediction = { classCount: 0, values: blended };
    } else {
      // A row's folds differ between repeats; those of the first put all its predictions on one side.
      const foldOf = new Map<number, number>();
      for (const [fold, positions] of fits.slice(0, set.folds.count).entries()) {
        for (const position of positions) foldOf.set(first!.rows[position]!, fold);
      }
      const folds = Int32Array.from(first!.rows, (row) => foldOf.get(row) ?? 0);
      const rows = { truth, probabilities: blended, classCount, weights, folds };
      const kind = input.calibration;
      chosen = chooseCalibration(rows);
      if (kind !== undefined && kind !== chosen.calibration.kind) {
        chosen = { ...chosen, calibration: kind === 'none' ? { kind } : fitCalibration(kind, rows) };
      }
      const probabilities = applyCalibration(chosen.calibration, blended, classCount);
      const [main] = input.metrics;
      decision =
        input.rule === 'plain'
          ? plainDecision(classCount)
          : chooseDecision(thin({ truth, probabilities, classCount, weights }), {
              metric: main!.metric,
              atLeast: main!.threshold,
              seed: input.seed,
            });
      prediction = { classCount, probabilities, labels: applyDecision(decision, probabilities) };
    }
    const shape = { folds: set.folds.count, repeats: set.folds.repeats };
    const scores = foldScores(
      input.metrics.map(({ metric }) => metric),
      shape,
      (fit) => {
        const positions = fits[fit]!;
        return {
          truth: pick(truth, positions, 1),
          prediction: part(prediction, positions),
          weights: weights && pick(weights, positions, 1),
        };
      },
    );
    const { probabilities, labels, values } = prediction;
    return {
      calibration: chosen.calibration,
      logLoss: chosen.logLoss,
      ...(decision === undefined ? {} : { decision }),
      ...(interval === undefined ? {} : { interval }),
      scores,
      outOfFold: await context.blobs.put(
        encodeArrays(
          { classCount, fits: fits.length },
          {
            truth,
            ...(weights && { weights }),
            ...(probabilities && { probabilities }),
            ...(labels && { labels }),
            ...(values && { values }),
            ...Object.fromEntries(fits.map((positions, i) => [`fit${i}`, positions])),
          },
        ),
      ),
    };
  },
});

/** Rows that a decision rule is chosen on at most: more move its threshold by less than its grid. */
const mostRuleRows = 100_000;

/** Every k-th row. */
function thin(rows: DecisionRows): DecisionRows {
  const step = Math.ceil(rows.truth.length / mostRuleRows);
  if (step <= 1) return rows;
  const kept = Uint32Array.from({ length: Math.floor(rows.truth.length / step) }, (_, i) => i * step);
  return {
    truth: pick(rows.truth, kept, 1),
    probabilities: pick(rows.probabilities, kept, rows.classCount > 2 ? rows.classCount : 1),
    classCount: rows.classCount,
    weights: rows.weights && pick(rows.weights, kept, 1),
  };
}
