import { ownMetric } from '../../../core/metric-scope.ts';
import { searchMetricOf } from '../../../core/search-metric.ts';
import type { MetricId, TaskSpec } from '../../../core/task-spec.ts';
import { type Evidence, type Offer, type Reason, type Verdict, verdictOf } from '../../../core/verdict.ts';
import { isGreaterBetter } from './assess.ts';

/** A fact that a check of the Data agent has measured. */
export interface CheckFinding {
  readonly code:
    | 'LEAKING_COLUMN'
    | 'DUPLICATE_ROWS'
    | 'CONFLICTING_LABELS'
    | 'TIME_DRIFT'
    | 'GROUPS_SUSPECTED'
    | 'IMBALANCED'
    | 'TEXT_SET_ASIDE'
    | 'MANY_MISSING';
  readonly evidence: Evidence;
}

/** What the Data agent's checks mean for the request. `inputsLeft`: usable inputs after columns were set aside. */
export function assessChecks(spec: TaskSpec, findings: readonly CheckFinding[], inputsLeft: number): Verdict {
  const reasons: Reason[] = findings.map(({ code, evidence }) => ({ code, evidence }));
  if (inputsLeft === 0) reasons.push({ code: 'NO_INPUTS', evidence: { target: spec.target.value, inputs: 0 } });
  return verdictOf(reasons);
}

/** A measured score with its interval. */
export interface MeasuredScore {
  readonly metric: MetricId;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** What was measured of the best model, on validation data or on the vault. */
export interface MeasuredOutcome {
  /** All scores that were computed; at least those that the spec asks for. */
  readonly scores: readonly MeasuredScore[];
  /** The same metrics for the answer that uses no input. */
  readonly baseline: readonly MeasuredScore[];
  /** Rows that the scores were measured on. */
  readonly rows: number;
  readonly resources: {
    readonly latencyMs?: number;
    readonly sizeBytes?: number;
    readonly memoryBytes?: number;
    readonly trainSeconds?: number;
  };
  /** Differences of the first metric between groups that the spec names for fairness, beyond chance. */
  readonly gaps?: readonly { readonly column: string; readonly gap: number }[];
}

/** Whether a score keeps a wish; absent scores keep none. */
export function meets(metric: MetricId, threshold: number, value: number | undefined): boolean {
  if (value === undefined) return false;
  return isGreaterBetter(metric) ? value >= threshold : value <= threshold;
}

/** Judges what was reached against what was asked: no signal, missed targets, limits below what was measured. */
export function assessOutcome(spec: TaskSpec, outcome: MeasuredOutcome): Verdict {
  const reasons: Reason[] = [];
  let offer: Offer | undefined;
  const main = spec.metrics[0]!;
  const scoreOf = (metric: MetricId): MeasuredScore | undefined =>
    outcome.scores.find((score) => score.metric === metric);
  const score = scoreOf(main.metric);
  const telling = scoreOf(searchMetricOf(spec));
  const baseline = outcome.baseline.find(({ metric }) => metric === telling?.metric);
  if (telling !== undefined && baseline !== undefined && !isAbove(telling, baseline.value)) {
    reasons.push({
      code: 'NO_SIGNAL',
      evidence: {
        target: spec.target.value,
        metric: telling.metric,
        value: telling.value,
        ...intervalOf(telling),
        baseline: baseline.value,
      },
    });
  }
  for (const { metric, threshold } of spec.metrics) {
    const reached = scoreOf(metric);
    if (threshold === undefined || reached === undefined || meets(metric, threshold, reached.value)) continue;
    const evidence = {
      metric,
      threshold,
      greater: isGreaterBetter(metric),
      value: reached.value,
      ...intervalOf(reached),
    };
    reasons.push({ code: 'TARGET_MISSED', evidence });
    offer ??= { change: 'threshold', evidence: { metric, value: reached.value, ...intervalOf(reached) } };
  }
  for (const limit of ['latencyMs', 'sizeBytes', 'memoryBytes', 'trainSeconds'] as const) {
    const wished = spec.limits[limit]?.value;
    const measured = outcome.resources[limit];
    if (wished === undefined || measured === undefined || measured <= wished) continue;
    reasons.push({ code: 'LIMIT_BELOW_MEASURED', evidence: { limit, wished, measured } });
    offer ??= { change: 'limit', evidence: { limit, wished, measured } };
  }
  if (score !== undefined) {
    // What would be perfect of a metric of the host's, nobody has said.
    const perfect =
      ownMetric(main.metric) !== undefined
        ? undefined
        : ({ rmse: 0, mae: 0, medianAbsoluteError: 0, mape: 0, logLoss: 0, brier: 0 }[main.metric as string] ?? 1);
    if (score.value === perfect)
      reasons.push({ code: 'PERFECT_SCORE', evidence: { metric: main.metric, value: score.value } });
    if (perfect === 1 && score.low !== undefined && score.high !== undefined && score.high - score.low > 0.2) {
      reasons.push({
        code: 'WIDE_INTERVAL',
        evidence: { metric: main.metric, low: score.low, high: score.high, rows: outcome.rows },
      });
    }
  }
  // Of scores from 0 to 1 a small difference is none; errors have the unit of the target.
  for (const { column, gap } of outcome.gaps ?? [])
    if (Math.abs(gap) >= (isRelative(main.metric) ? 0.05 : 0))
      reasons.push({ code: 'FAIRNESS_GAP', evidence: { column, gap, metric: main.metric } });
  return verdictOf(reasons, offer);
}

/** Whether a score has a scale of its own, whatever the target's unit. */
const isRelative = (metric: MetricId): boolean =>
  ownMetric(metric) === undefined && !['rmse', 'mae', 'medianAbsoluteError'].includes(metric);

/** Better than the baseline by more than chance: the interval's near end, or the value where there is no interval. */
function isAbove(score: MeasuredScore, baseline: number): boolean {
  return isGreaterBetter(score.metric) ? (score.low ?? score.value) > baseline : (score.high ?? score.value) < baseline;
}

function intervalOf(score: MeasuredScore): { low?: number; high?: number } {
  return { ...(score.low !== undefined && { low: score.low }), ...(score.high !== undefined && { high: score.high }) };
}
