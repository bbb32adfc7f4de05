import type { MetricId } from '../../core/task-spec.ts';
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { bootstrapGain } from './intervals.ts';
import type { Prediction } from './metric.ts';
import { metricOf } from './metrics.ts';

/** Out-of-fold predictions of the members on the same rows. */
export interface EnsembleRows {
  readonly truth: Float64Array;
  /** 0 for regression. */
  readonly classCount: number;
  /** One a member: values, or probabilities [rows] or row-major [rows, classCount]. */
  readonly members: readonly Float64Array[];
  /** The member that is best alone. */
  readonly best: number;
  readonly weights?: Float64Array | undefined;
}

/** What the blend is chosen for. */
export interface EnsembleGoal {
  readonly metric: MetricId;
  readonly seed: number | string;
  /** Distinct members. @default 4 */
  readonly maxMembers?: number;
}

/** A weighted mean of members, as JSON. */
export interface Ensemble {
  /** One weight a member, in their order, summing to 1; 0 is left out of the model. */
  readonly weights: readonly number[];
  /** The metric that the blend was chosen by: the one asked, or log loss for metrics of labels. */
  readonly criterion: MetricId;
  /** Gain of the blend over the best member by the criterion, and its standard error; 0 where that member stands alone. */
  readonly gain: number;
  readonly standardError: number;
}

/** Additions of a member, repetitions counted. */
const mostRounds = 20;
/** Rows that candidates are compared on; beyond, every k-th row. */
const mostRows = 10_000;

/**
 * Greedy ensemble selection with replacement (Caruana et al. 2004) from the best member on.
 *
 * A blend is kept only where it gains more than one standard error (paired bootstrap) over the best member alone, and more
 * than 0.2 % of its score: each further member costs size and latency. Metrics of labels jump with single rows, so blends
 * are chosen by log loss for them.
 */
export function selectEnsemble(rows: EnsembleRows, goal: EnsembleGoal): Ensemble {
  const { classCount, members, best } = rows;
  const criterion: MetricId = metricOf(goal.metric).needs === 'labels' ? 'logLoss' : goal.metric;
  const alone: Ensemble = {
    weights: members.map((_, m) => (m === best ? 1 : 0)),
    criterion,
    gain: 0,
    standardError: 0,
  };
  const sample = thin(rows);
  const sign = metricOf(criterion).greaterIsBetter ? 1 : -1;
  const scoreOf = (values: Float64Array) =>
    sign * metricOf(criterion).prepare(sample.truth, predictionOf(classCount, values), sample.weights)();
  const counts = members.map((_, m): number => (m === best ? 1 : 0));
  let sum: Float64Array = sample.members[best]!.slice();
  let score = scoreOf(sum);
  if (Number.isNaN(score)) return alone;
  const single = Math.abs(score);
  for (let size = 2; size <= mostRounds + 1; size++) {
    let winner = -1;
    let top = score;
    const distinct = counts.filter((count) => count > 0).length;
    for (let m = 0; m < members.length; m++) {
      if (counts[m] === 0 && distinct >= (goal.maxMembers ?? 4)) continue;
      const candidate = scoreOf(sample.members[m]!.map((value, i) => (value + sum[i]!) / size));
      if (candidate > top) {
        top = candidate;
        winner = m;
      }
    }
    if (winner < 0 || top - score <= 1e-9 * Math.abs(score)) break;
    counts[winner]!++;
    sum = sum.map((value, i) => value + sample.members[winner]![i]!);
    score = top;
  }
  const total = counts.reduce((a, b) => a + b, 0);
  const weights = counts.map((count) => count / total);
  if (counts.filter((count) => count > 0).length < 2) return alone;
  const blended = predictionOf(classCount, applyBlend(weights, sample.members));
  const gain = bootstrapGain(criterion, sample.truth, blended, predictionOf(classCount, sample.members[best]!), {
    seed: `${goal.seed}/ensemble`,
    resamples: 200,
    weights: sample.weights,
  });
  if (gain === undefined || gain.gain <= Math.max(gain.standardError, 0.002 * single)) return alone;
  return { weights, criterion, gain: gain.gain, standardError: gain.standardError };
}

/** The weighted mean of predictions, member after member; members of weight 0 may be empty. */
export function applyBlend(weights: readonly number[], members: readonly Float64Array[]): Float64Array {
  const first = weights.findIndex((weight) => weight > 0);
  const out = new Float64Array(members[first]!.length);
  weights.forEach((weight, m) => {
    if (weight === 0) return;
    for (let i = 0; i < out.length; i++) out[i]! += weight * members[m]![i]!;
  });
  return out;
}

/** Adds the weighted mean to the graph; float32 values of one shape, those of weight 0 not among them. */
export function blendToGraph(graph: GraphBuilder, weights: readonly number[], values: readonly string[]): string {
  const kept = weights.filter((weight) => weight > 0);
  if (kept.length === 1) return values[0]!;
  const terms = kept.map((weight, m) => graph.node('Mul', [values[m]!, graph.floats([weight], [])]));
  return graph.node('Sum', terms);
}

function predictionOf(classCount: number, values: Float64Array): Prediction {
  return classCount === 0 ? { classCount, values } : { classCount, probabilities: values };
}

/** Every k-th row, so that at most {@link mostRows} are left. */
function thin(rows: EnsembleRows): Pick<EnsembleRows, 'truth' | 'members' | 'weights'> {
  const step = Math.ceil(rows.truth.length / mostRows);
  if (step <= 1) return rows;
  const width = rows.classCount > 2 ? rows.classCount : 1;
  const keep = (values: Float64Array, columns: number) => values.filter((_, i) => Math.floor(i / columns) % step === 0);
  return {
    truth: keep(rows.truth, 1),
    members: rows.members.map((values) => keep(values, width)),
    weights: rows.weights && keep(rows.weights, 1),
  };
}
