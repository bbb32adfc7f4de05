import { ownMetric, ownMetrics } from '../../../core/metric-scope.ts';
import type { MetricId, TaskKind } from '../../../core/task-spec.ts';
import { isDenied, loneBound } from './metric-denials.ts';
import { type CueName, metricWords } from './metric-words.ts';
import type { Quantity } from './quantities.ts';
import { millisecondsIn, tidy } from './quantities.ts';
import { findAll, overlaps, type Reading, type Span } from './reading.ts';

/** A wish about a score, before the task is known. */
export interface MetricCue extends Span {
  readonly cue: CueName;
  /** The number says what may go wrong, so the threshold is 1 minus it. */
  readonly isComplement: boolean;
  /** Says nothing without a number. */
  readonly needsNumber: boolean;
  readonly quantity?: Quantity;
}

const patterns = metricWords.map((row) => ({
  row,
  expression: new RegExp(`(?<![\\p{L}\\p{N}_])(?:${row.words})(?![\\p{L}\\p{N}_])`, 'gu'),
}));

/** The host's own metrics, by their names and in words. */
const ownPatterns = () =>
  ownMetrics().map(({ name, title }) => ({
    row: { cue: name, isComplement: false, needsNumber: false },
    expression: new RegExp(
      `(?<![\\p{L}\\p{N}_])(?:${[name, title].map((words) => words.toLowerCase().replace(/[^\p{L}\p{N}_ ]/gu, '\\$&')).join('|')})(?![\\p{L}\\p{N}_])`,
      'gu',
    ),
  }));

/** Wishes about scores, each with the number that belongs to it; `taken` are places that mean something else. */
export function findMetricCues(
  reading: Reading,
  quantities: readonly Quantity[],
  taken: readonly Span[],
): { readonly cues: readonly MetricCue[]; readonly rest: readonly Quantity[] } {
  const cues: MetricCue[] = [];
  for (const { row, expression } of [...ownPatterns(), ...patterns]) {
    for (const { match: _, ...span } of findAll(reading, expression)) {
      if (cues.some((other) => overlaps(other, span))) continue;
      // "Macro-averaged F1" is a score, though there is a column f1.
      if (taken.some((other) => overlaps(other, span) && other.to - other.from >= span.to - span.from)) continue;
      if (isDenied(reading, span)) continue;
      cues.push({
        ...span,
        cue: row.cue,
        isComplement: row.isComplement ?? false,
        needsNumber: row.needsNumber ?? false,
      });
    }
  }
  const usable = quantities.filter((quantity) => quantity.unit !== 'bytes');
  const pairs = cues
    .flatMap((cue) =>
      usable.map((quantity) => ({ cue, quantity, cost: distance(reading, cue, quantity, cues, usable) })),
    )
    .filter((pair) => pair.cost < 12)
    .sort((a, b) => a.cost - b.cost);
  const paired = new Map<MetricCue, Quantity>();
  const used = new Set<Quantity>();
  for (const { cue, quantity } of pairs) {
    if (paired.has(cue) || used.has(quantity)) continue;
    paired.set(cue, quantity);
    used.add(quantity);
  }
  const open = cues.filter((cue) => !cue.needsNumber && !paired.has(cue) && cue.cue !== 'auto');
  const lone = usable.filter((quantity) => !used.has(quantity) && loneBound(reading, quantity));
  if (open.length === 1 && lone.length === 1) {
    paired.set(open[0]!, lone[0]!);
    used.add(lone[0]!);
  }
  const kept = cues
    .filter((cue) => paired.has(cue) || !cue.needsNumber)
    .map((cue) => ({ ...cue, ...(paired.has(cue) ? { quantity: paired.get(cue)! } : {}) }))
    .sort((a, b) => a.from - b.from);
  return { cues: kept, rest: quantities.filter((quantity) => !used.has(quantity)) };
}

/** Tokens between a cue and a number, with surcharges for commas and for what a number of this unit can't mean. */
function distance(
  reading: Reading,
  cue: MetricCue,
  quantity: Quantity,
  cues: readonly MetricCue[],
  quantities: readonly Quantity[],
): number {
  if (overlaps(cue, quantity)) return quantity.from >= cue.from && quantity.to <= cue.to ? 0 : 0.5;
  const isAfter = quantity.from >= cue.to;
  const [from, to] = isAfter ? [cue.to, quantity.from] : [quantity.to, cue.from];
  const [a, b] = [reading.tokens[from - 1]!, reading.tokens[to]!];
  if (a.sentence !== b.sentence) return 99;
  // Nobody measures an error in thousandths of a second beside seconds that are a limit.
  if (/^(?:ms|msec|milli|µ|μ|us$|micro)/u.test(quantity.unitWord) && cue.cue === 'error' && cue.needsNumber) return 99;
  const between = [...cues, ...quantities].filter(
    (other) => other !== cue && other !== quantity && other.from >= from && other.to <= to,
  ).length;
  const isError = /^(?:error|mae|rmse|mse|medianAbsoluteError|mape)$/u.test(cue.cue);
  if (!isError && (quantity.unit === 'time' || (quantity.unit === 'other' && !/^points?$/u.test(quantity.unitWord))))
    return 99;
  if (
    quantity.unit === 'other' &&
    /^(?:days?|weeks?|months?|years?|classes|kinds|categories|rows|columns|features|folds|trees|epochs|layers)$/u.test(
      quantity.unitWord,
    ) &&
    quantity.bound === 'none' &&
    !isError
  )
    return 99;
  if (cue.needsNumber && !isError && quantity.bound === 'within') return 99;
  if (cue.needsNumber && quantity.unit !== 'share' && !isError && cue.cue !== 'right') return 99;
  const strict = cue.needsNumber && !isError;
  const clauses = (b.clause - a.clause) * 3;
  return (
    (to - from) * (isAfter ? 1 : strict ? 0.9 : 1.15) +
    clauses +
    between * 6 +
    (quantity.bound === 'none' && quantity.unit === 'none' ? 0.4 : 0)
  );
}

/** Which metric a cue means for a task, and with which threshold in `units` of the target; nothing where it does not fit. */
export function resolveCue(
  cue: MetricCue,
  task: TaskKind,
  others: readonly MetricCue[],
  units: readonly string[] = [],
): { readonly metric: MetricId; readonly threshold?: number } | undefined {
  const isNumber = task === 'regression';
  const quantity = cue.quantity;
  const isShare = quantity?.unit === 'share';
  let metric: MetricId;
  let isComplement = cue.isComplement;
  switch (cue.cue) {
    case 'auto':
      return undefined;
    case 'error':
      if (isNumber) metric = errorMetric(isShare, others);
      else if (isShare) [metric, isComplement] = ['accuracy', true];
      else return undefined;
      break;
    case 'wrong':
      if (isNumber) {
        if (quantity === undefined) return undefined;
        [metric, isComplement] = [isShare ? 'mape' : errorMetric(false, others), false];
      } else metric = 'accuracy';
      break;
    case 'right':
    case 'accuracy':
      if (isNumber) {
        if (!isShare && !(quantity !== undefined && quantity.value <= 1)) return undefined;
        [metric, isComplement] = ['mape', true];
      } else metric = 'accuracy';
      break;
    case 'gini':
      metric = 'rocAuc';
      break;
    case 'mae':
      // An absolute error in percent is a relative one.
      metric = isNumber && isShare ? 'mape' : 'mae';
      break;
    case 'mse':
      metric = isNumber ? 'rmse' : 'brier';
      break;
    case 'f1':
    case 'f1Macro':
      metric = task === 'multiclass' ? 'f1Macro' : cue.cue;
      break;
    default:
      metric = cue.cue;
  }
  const own = ownMetric(metric);
  if (own === undefined ? isNumber !== numberMetrics.has(metric) : !own.tasks.includes(task)) return undefined;
  if (quantity === undefined) return { metric };
  let threshold = quantity.value;
  if (quantity.unit === 'time') threshold = inUnit(quantity, units);
  if (
    /^(?:cents?|pence)$/u.test(quantity.unitWord) &&
    units.some((unit) => /^(?:usd|eur|gbp|dollars?|euros?)$/u.test(unit))
  )
    threshold /= 100;
  if (cue.cue === 'mse' && isNumber) threshold = Math.sqrt(threshold);
  if (own === undefined && !unbounded.has(metric) && !isShare && threshold > 1 && threshold <= 100) threshold /= 100;
  // Of these alone a value below 0 can be meant; elsewhere it is told as unsuited.
  if (threshold < 0 && !isSigned(metric)) return undefined;
  if (isComplement) threshold = 1 - threshold;
  if (cue.cue === 'gini') threshold = (threshold + 1) / 2;
  // "at least 5 % missed" or "recall under 30 %" are descriptions, not wishes, only where the direction is impossible to mean.
  return { metric, threshold: tidy(threshold) };
}

/** Whether values of a metric reach below 0. */
export const isSigned = (metric: MetricId): boolean =>
  metric === 'r2' || metric === 'mcc' || ownMetric(metric) !== undefined;

function errorMetric(isShare: boolean, others: readonly MetricCue[]): MetricId {
  const named = others.find(
    (other) => other.quantity === undefined && numberMetrics.has(other.cue as MetricId) && other.cue !== 'r2',
  );
  return named !== undefined ? (named.cue as MetricId) : isShare ? 'mape' : 'mae';
}

/** A time beside an error is in the units of the target, or as it was said: "MAE under 12 minutes" is 12. */
function inUnit(quantity: Quantity, units: readonly string[]): number {
  const own = units.map(millisecondsIn).find((factor) => factor !== undefined);
  return quantity.value / (own ?? millisecondsIn(quantity.unitWord) ?? 1);
}

/** Metrics of numbers; all others are of classes. */
export const numberMetrics: ReadonlySet<MetricId> = new Set<MetricId>([
  'rmse',
  'mae',
  'medianAbsoluteError',
  'mape',
  'r2',
]);
const unbounded: ReadonlySet<MetricId> = new Set<MetricId>(['rmse', 'mae', 'medianAbsoluteError', 'logLoss']);

/** The metric of a task where the request names none. */
export function defaultMetric(task: TaskKind): MetricId {
  return task === 'binary' ? 'rocAuc' : task === 'multiclass' ? 'balancedAccuracy' : 'rmse';
}
