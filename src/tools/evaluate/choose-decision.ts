import { createRandom } from '../../core/helpers/random.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { applyDecision, type DecisionRule, plainDecision } from './decision.ts';
import { bootstrapGain } from './intervals.ts';
import { type ConfusionScore, confusionScores } from './label-metrics.ts';
import { isBetter, metricOf, metrics } from './metrics.ts';
import { rankScores } from './rank-metrics.ts';
import { createResampler } from './resample.ts';

/** Out-of-fold probabilities to choose a rule on. */
export interface DecisionRows {
  /** Class index a row. */
  readonly truth: Float64Array;
  /** Calibrated; [rows], or row-major [rows, classCount]. */
  readonly probabilities: Float64Array;
  readonly classCount: number;
  readonly weights?: Float64Array | undefined;
}

/** What the rule is for. */
export interface DecisionGoal {
  readonly metric: MetricId;
  /** For precision, recall or specificity: what must be reached, while its counterpart is as great as can be. */
  readonly atLeast?: number | undefined;
  readonly seed: number | string;
}

/** Resamples whose best rules are averaged, and with which a gain is held against noise. */
const resamples = 100;
/** Thresholds that are tried: midway between neighbouring probabilities, at equally spaced ranks. */
const mostCandidates = 200;
/** Share of the resamples that a wish must hold in. */
const safety = 0.8;

/**
 * Chooses the decision rule for the metric that was asked.
 *
 * Binary: the best threshold of each of 100 bootstrap resamples (the middle one of equals), and of those the median, so that it
 * lies on a plateau rather than on a lucky peak. It replaces 0.5 only where the resamples' thresholds gain, on the rows that they
 * left out, more than half a standard error. Metrics
 * without labels still need a rule: ROC AUC takes that of balanced accuracy, average precision that of F1, log loss and Brier
 * score 0.5. Precision and recall alone would be best at the ends: without a wish they take F0.5 and F2, specificity takes
 * balanced accuracy.
 *
 * Multiclass: multipliers prior^−γ with γ in 0, ¼, … 1, then one pass over the classes; each change must gain more than one
 * standard error.
 */
export function chooseDecision(rows: DecisionRows, goal: DecisionGoal): DecisionRule {
  return rows.classCount === 2 ? chooseThreshold(rows, goal) : chooseMultipliers(rows, goal);
}

/** Fβ of class 1 of a binary confusion matrix. */
const fBeta =
  (square: number): ConfusionScore =>
  (c) =>
    ((1 + square) * c[3]!) / ((1 + square) * c[3]! + square * c[2]! + c[1]! || 1);

const { precision, recall, specificity, balancedAccuracy, f1, f1Macro, accuracy, mcc } = confusionScores;

/** Meets the wish first, then raises the counterpart. */
function constrained(score: ConfusionScore, wish: number, counterpart: ConfusionScore): ConfusionScore {
  return (confusion, classCount) => {
    const reached = score(confusion, classCount);
    return reached >= wish ? 2 + (counterpart(confusion, classCount) || 0) : reached || 0;
  };
}

function binaryGoal({
  metric,
  atLeast,
}: DecisionGoal): { readonly score: ConfusionScore; readonly safe?: 'high' | 'low' } | undefined {
  switch (metric) {
    case 'precision':
      return atLeast === undefined
        ? { score: fBeta(0.25) }
        : { score: constrained(precision, atLeast, recall), safe: 'high' };
    case 'recall':
      return atLeast === undefined
        ? { score: fBeta(4) }
        : { score: constrained(recall, atLeast, specificity), safe: 'low' };
    case 'specificity':
      return atLeast === undefined
        ? { score: balancedAccuracy }
        : { score: constrained(specificity, atLeast, recall), safe: 'high' };
    case 'rocAuc':
    case 'balancedAccuracy':
      return { score: balancedAccuracy };
    case 'averagePrecision':
    case 'f1':
      return { score: f1 };
    case 'f1Macro':
      return { score: f1Macro };
    case 'accuracy':
      return { score: accuracy };
    case 'mcc':
      return { score: mcc };
    case 'logLoss':
    case 'brier':
      return undefined;
    default:
      return ownGoal(metric);
  }
}

/** What serves a host's own metric of labels; others say nothing of a rule. */
function ownGoal(metric: MetricId): { readonly score: ConfusionScore } | undefined {
  const { score, greaterIsBetter } = metricOf(metric);
  if (score === undefined || greaterIsBetter) return score && { score };
  return { score: (confusion, classCount) => -score(confusion, classCount) };
}

function chooseThreshold(rows: DecisionRows, goal: DecisionGoal): DecisionRule {
  const aim = binaryGoal(goal);
  const plain = plainDecision(2);
  const candidates = candidateThresholds(rows.probabilities);
  if (aim === undefined || candidates.length === 0) return plain;
  const middle = candidates.indexOf(0.5);
  const scan = prepareScan(rows, candidates, aim.score);
  const counts = new Int32Array(rows.truth.length);
  const resampler = createResampler(counts.length, { kind: 'rows' }, createRandom(`${goal.seed}/decision`));
  const best: number[] = [];
  const gains: number[] = [];
  for (let i = 0; i < resamples; i++) {
    resampler.draw(counts);
    const values = scan(counts);
    const top = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (top === Number.NEGATIVE_INFINITY) continue;
    const equals = candidates.flatMap((_, c) => (values[c]! >= top - 1e-12 ? [c] : []));
    best.push(equals[equals.length >> 1]!);
    const [first] = best.slice(-1);
    for (let row = 0; row < counts.length; row++) counts[row] = counts[row] === 0 ? 1 : 0;
    const outside = scan(counts);
    const gain = outside[first!]! - outside[middle]!;
    if (Number.isFinite(gain)) gains.push(gain);
  }
  if (best.length === 0) return plain;
  best.sort((a, b) => a - b);
  const share = aim.safe === 'high' ? safety : aim.safe === 'low' ? 1 - safety : 0.5;
  const chosen = best[Math.min(best.length - 1, Math.floor(share * best.length))]!;
  const rule: DecisionRule = { kind: 'threshold', threshold: candidates[chosen]! };
  if (aim.safe !== undefined) return rule;
  if (gains.length === 0) return plain;
  const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) * (gain - mean), 0) / gains.length;
  return mean > Math.sqrt(variance) / 2 ? rule : plain;
}

/** Rising float32 thresholds between probabilities, 0.5 among them. */
function candidateThresholds(probabilities: Float64Array): number[] {
  const sorted = Float32Array.from(probabilities).sort();
  const distinct = sorted.filter((p, i) => i === 0 || p !== sorted[i - 1]);
  if (distinct.length < 2) return [];
  const gaps = Math.min(mostCandidates, distinct.length - 1);
  const found = new Set<number>([0.5]);
  for (let i = 0; i < gaps; i++) {
    const at = Math.floor(((i + 0.5) / gaps) * (distinct.length - 1));
    found.add(Math.fround((distinct[at]! + distinct[at + 1]!) / 2));
  }
  return [...found].sort((a, b) => a - b);
}

/** Scores all candidates on a resample in one pass over the rows; NaN becomes −∞. */
function prepareScan(
  { truth, probabilities, weights }: DecisionRows,
  candidates: readonly number[],
  score: ConfusionScore,
) {
  // Number of thresholds that a row reaches, found along the ranking.
  const { order } = rankScores(probabilities);
  const reached = new Int32Array(truth.length);
  let c = candidates.length;
  for (const row of order) {
    while (c > 0 && candidates[c - 1]! > Math.fround(probabilities[row]!)) c--;
    reached[row] = c;
  }
  const histograms = [new Float64Array(candidates.length + 1), new Float64Array(candidates.length + 1)] as const;
  const confusion = new Float64Array(4);
  return (counts: Int32Array): Float64Array => {
    for (const histogram of histograms) histogram.fill(0);
    for (let row = 0; row < counts.length; row++) {
      const weight = weights === undefined ? counts[row]! : counts[row]! * weights[row]!;
      histograms[truth[row] === 1 ? 1 : 0][reached[row]!]! += weight;
    }
    const totals = histograms.map((histogram) => histogram.reduce((a, b) => a + b, 0));
    const below = [0, 0];
    return Float64Array.from(candidates, (_, index) => {
      for (let k = 0; k < 2; k++) {
        below[k]! += histograms[k]![index]!;
        confusion[2 * k] = below[k]!;
        confusion[2 * k + 1] = totals[k]! - below[k]!;
      }
      const value = score(confusion, 2);
      return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
    });
  };
}

/** The metric of labels that stands for the one that was asked; undefined where the most probable class is right. */
function multiclassMetric(metric: MetricId): MetricId | undefined {
  if (metric === 'accuracy' || metric === 'mcc' || metric === 'balancedAccuracy' || metric === 'f1Macro') return metric;
  if (metric === 'f1' || metric === 'precision') return 'f1Macro';
  if (metric === 'recall' || metric === 'specificity') return 'balancedAccuracy';
  return !Object.hasOwn(metrics, metric) && metricOf(metric).needs === 'labels' ? metric : undefined;
}

function chooseMultipliers(
  { truth, probabilities, classCount, weights }: DecisionRows,
  goal: DecisionGoal,
): DecisionRule {
  let best = plainDecision(classCount);
  const metric = multiclassMetric(goal.metric);
  if (metric === undefined) return best;
  let labels = applyDecision(best, probabilities);
  const start = metricOf(metric).compute(truth, { classCount, labels }, weights);
  if (!start.defined) return best;
  let score = start.value;
  const tryRule = (multipliers: readonly number[]) => {
    const rule: DecisionRule = { kind: 'multipliers', multipliers: multipliers.map(Math.fround) };
    const labelled = applyDecision(rule, probabilities);
    if (labelled.every((label, row) => label === labels[row])) return;
    const its = { classCount, labels: labelled };
    const evaluated = metricOf(metric).compute(truth, its, weights);
    if (!evaluated.defined || !isBetter(metric, evaluated.value, score)) return;
    const options = { seed: goal.seed, resamples, ...(weights && { weights }) };
    const gain = bootstrapGain(metric, truth, its, { classCount, labels }, options);
    if (gain === undefined || gain.gain <= gain.standardError) return;
    best = rule;
    labels = labelled;
    score = evaluated.value;
  };
  const priors = new Float64Array(classCount);
  for (const k of truth) priors[k]!++;
  for (const gamma of [0.25, 0.5, 0.75, 1]) {
    // Laplace's rule keeps the multiplier of a class that does not occur finite.
    tryRule(
      Array.from(priors, (count) =>
        Math.exp(-gamma * Math.log(((count + 1) / (truth.length + classCount)) * classCount)),
      ),
    );
  }
  for (let k = 0; k < classCount; k++) {
    for (const factor of [0.5, 0.75, 1.33, 2]) {
      const { multipliers } = best as Extract<DecisionRule, { kind: 'multipliers' }>;
      tryRule(multipliers.map((multiplier, c) => (c === k ? multiplier * factor : multiplier)));
    }
  }
  return best;
}
