import type { MetricId, TaskKind } from '../../../core/task-spec.ts';
import type { Quantity } from './quantities.ts';
import { tidy } from './quantities.ts';
import { findAll, overlaps, type Reading, type Span } from './reading.ts';

/** A wish about a score, before the task is known. */
export interface MetricCue extends Span {
  /** `error` is any error of a number, `wrong` a share of wrong answers, `right` one of right answers, `f1` of either kind. */
  readonly cue: MetricId | 'error' | 'wrong' | 'right' | 'mse' | 'auto';
  /** The number says what may go wrong, so the threshold is 1 minus it. */
  readonly isComplement: boolean;
  /** Says nothing without a number. */
  readonly needsNumber: boolean;
  readonly quantity?: Quantity;
}

interface Row {
  readonly cue: MetricCue['cue'];
  readonly words: string;
  readonly isComplement?: true;
  readonly needsNumber?: true;
}

/** Longer phrases stand before the shorter ones that they hold. Words of a phrase may be joined by a blank or a hyphen. */
const rows: readonly Row[] = [
  { cue: 'averagePrecision', words: '(?:pr|precision recall)[ -]?auc|auc[ -]?pr|auprc|prauc|average precision|(?:auc|area) (?:of|under) (?:the )?(?:pr|precision[ -/]recall)(?:[ -]?curve)?|(?:pr|precision[ -]recall) curve' },
  { cue: 'rocAuc', words: '(?:auc[ -]?roc|roc[ -]?auc|roc-auc|rocauc|auroc|auc|c[ -]?statistic|c[ -]?index|area under (?:the )?(?:roc |receiver operating characteristic )?(?:curve|roc))(?:[ -]?score)?(?: \\(?auc\\)?)?|\\broc\\b' },
  { cue: 'logLoss', words: 'log(?:arithmic)?[ -]?loss|cross[ -]?entropy|(?:negative )?log[ -]?likelihood|nll' },
  { cue: 'brier', words: 'brier(?:[ -]?(?:score|loss))?' },
  { cue: 'balancedAccuracy', words: 'balanced (?:class )?accura(?:cy|te)|average recall per class|macro[ -]?(?:averaged )?recall|accuracy balanced (?:over|across) (?:the )?classes|balanced acc|mean (?:per[ -])?class accuracy|unweighted average recall|uar' },
  { cue: 'f1Macro', words: '(?:macro|weighted|micro)[ -]?(?:averaged |average )?f[ -]?1?(?:[ -]?(?:score|measure))?|f[ -]?1[ -]?\\(?macro\\)?|macro[ -]f1|f1[ -]macro' },
  { cue: 'f1', words: 'f[ -]?1(?:[ -]?(?:score|measure))?|f[ -](?:score|measure)' },
  { cue: 'specificity', isComplement: true, words: 'false[ -](?:positive|alarm)s?[ -]rate|fpr|rate of false (?:positives|alarms)' },
  { cue: 'recall', isComplement: true, words: 'false[ -]negatives?[ -]rate|fnr|miss[ -]rate|rate of (?:misses|missed \\p{L}+|false negatives)' },
  { cue: 'specificity', words: 'specificity|true[ -]negatives?[ -]rate|tnr|selectivity' },
  { cue: 'recall', words: 'recall|sensitivity|true[ -]positives?[ -]rate|tpr|detection rate|catch rate|hit rate' },
  { cue: 'mcc', words: "mcc|matthews?(?:'s)?(?: correlation)?(?: coefficient)?|phi coefficient" },
  { cue: 'precision', words: '(?<!with )precision|positive predictive value|ppv' },
  { cue: 'wrong', isComplement: true, needsNumber: true, words: 'mis-?classif\\p{L}+(?:[ -](?:rate|error))?|classification error|error[ -]rate|(?:rate|share|fraction|percentage) of (?:wrong|errors?|mistakes?)[\\p{L} ]{0,14}' },
  { cue: 'mape', words: 'mean absolute percentage error|mean absolute percent error|(?:mean |average )?(?:absolute )?percent(?:age)? (?:error|deviation)|mape|(?:mean |average )?relative (?:error|deviation)' },
  { cue: 'medianAbsoluteError', words: 'median absolute (?:error|deviation)|medae|medianae|\\(?median\\)? (?:absolute )?error|typical \\(median\\) error|median deviation' },
  { cue: 'mae', words: "mean absolute (?:error|deviation)(?: \\(?mae\\)?)?|m\\.?a\\.?e\\b|average absolute (?:error|deviation)|mean (?:abs )?error|average (?:error|deviation)|average miss|l1 (?:error|loss)|absolute error" },
  { cue: 'rmse', words: 'root[ -]mean[ -]squared?(?:[ -](?:error|deviation))?(?: \\(?rmse\\)?)?|rms(?:e|d)?(?: error)?\\b' },
  { cue: 'mse', words: 'mean[ -]squared?[ -]error|mse|squared error|quadratic error' },
  { cue: 'r2', words: 'r[ -]?(?:2|²|\\^ ?2)(?:[ -]?score)?|r[ -]?squared?|coefficient of determination|explained variance|(?:explain(?:s|ing)?|account(?:s|ing)? for|capture)(?= [^.;]{0,30}varia(?:nce|tion|bility))|variance explained|goodness of fit' },
  { cue: 'precision', words: '(?:few|fewer|fewest|avoid|avoiding|minimi[sz]e|minimi[sz]ing|reduce|low|no|without|less|limit|hate|hates|annoyed by)(?: (?:as|the|number|of|many|too|possible))* (?:false[ -](?:alarms?|positives?|alerts?|accusations?)|innocent \\p{L}+)' },
  { cue: 'recall', words: '(?:few|fewer|fewest|avoid|avoiding|minimi[sz]e|minimi[sz]ing|reduce|low|no|without)(?: (?:as|the|number|of|many|too|possible))* (?:false[ -]negatives?|misse[sd](?: \\p{L}+)?)' },
  { cue: 'precision', words: 'false[ -](?:alarms?|positives?|alerts?)(?= (?:are|is|as|matter|matters|low|to a minimum|must be|should be|cost|annoy|hurt|must|should|down|at a minimum)\\b(?! (?:at most|below|under|less|max|<)))' },
  { cue: 'recall', words: 'false[ -]negatives?(?= (?:are|is|as|matter|matters|low|to a minimum|must be|should be|cost|hurt|must|should|down|at a minimum)\\b(?! (?:at most|below|under|less|max|<)))' },
  { cue: 'specificity', isComplement: true, needsNumber: true, words: 'false[ -](?:alarms?|positives?|alerts?)' },
  { cue: 'recall', isComplement: true, needsNumber: true, words: 'false[ -]negatives?' },
  { cue: 'recall', words: "(?:do not|don't|never|not|mustn't|can't|can not|shouldn't|must not|should not|without)(?: \\p{L}+)? (?:miss(?:ing)?|overlook(?:ing)?|let)(?: (?:any|a|a single|one|slip|out|even|many|too many|much|real|actual))*\\b(?! (?:more|over|above|than)\\b)(?! \\d)|miss(?:es|ing)? (?:as few|hardly any|no|none|nothing|very few|almost none)(?! more\\b)|as few (?:missed|misses)[^.,;]{0,20}" },
  { cue: 'recall', isComplement: true, needsNumber: true, words: 'miss(?:es|ed|ing)?|overlook(?:s|ed|ing)?|slip(?:s|ped)? through|go(?:es)? undetected|undetected|let(?:s|ting)? slip' },
  { cue: 'recall', words: '(?:catch|find|detect|spot|identify|recogni[sz]e|flag|get)(?:ing)? (?:as many|(?:almost |nearly |really )?(?:all|every(?:thing| single)?)(?: of)?(?= ))(?! (?:the )?(?:columns|data|rows))' },
  { cue: 'recall', needsNumber: true, words: 'catch(?:es|ing)?|caught|find(?:s|ing)?|found|detect(?:s|ing|ed)?|spot(?:s|ting|ted)?|identif(?:y|ies|ied|ying)|flag(?:s|ged|ging)?|recogni[sz](?:e|ed|es|ing)' },
  { cue: 'precision', words: '(?:when(?:ever)?|if|where) (?:it|the model|we|you|they) (?:says?|predicts?|claims?|flags?|raises?|warns?|calls?|alerts?)[^.;]{0,40}?(?:right|correct|true|real|reliable|trust\\p{L}*|certain|sure)' },
  { cue: 'precision', words: "(?:of|among) (?:all |the |those |its |our )*(?:flagged|alarms?|alerts?|warnings?|positives?|predicted|reported|ones (?:it|we|you) flag)[^.;]{0,40}?(?:right|correct|true|real|justified|genuine|actual(?:ly)?)|(?:flagged|alarms?|alerts?|warnings?)[^.;]{0,25} (?:right|correct|true|real|justified|genuine)\\b" },
  { cue: 'accuracy', words: 'accuracy|hit ratio|(?:share|percentage|proportion|fraction) of (?:correct|right)[\\p{L} ]{0,14}' },
  { cue: 'right', needsNumber: true, words: 'accurate(?:ly)?|correct(?:ly)?(?: (?:classified|predicted|answers?))?|right|hits?|success rate|get it right' },
  { cue: 'error', needsNumber: true, words: 'off by|be off|is off|out by|wrong by|typical error|prediction error|deviat\\p{L}*|differ(?:s|ing)? by|tolerance|miss(?:es)? by|close to the (?:truth|real)' },
  { cue: 'wrong', isComplement: true, needsNumber: true, words: 'wrong|mistakes?|incorrect(?:ly)?|failures? of the model' },
  { cue: 'error', needsNumber: true, words: 'errors?|off\\b' },
  { cue: 'error', needsNumber: true, words: 'on average|in the mean|typically' },
];
const patterns = rows.map((row) => ({ row, expression: new RegExp(`(?<![\\p{L}\\p{N}_])(?:${row.words})(?![\\p{L}\\p{N}_])`, 'gu') }));

/** Wishes about scores, each with the number that belongs to it; `taken` are places that mean something else. */
export function findMetricCues(reading: Reading, quantities: readonly Quantity[], taken: readonly Span[]): { readonly cues: readonly MetricCue[]; readonly rest: readonly Quantity[] } {
  const cues: MetricCue[] = [];
  for (const { row, expression } of patterns) {
    for (const { match: _, ...span } of findAll(reading, expression)) {
      if ([...cues, ...taken].some((other) => overlaps(other, span))) continue;
      cues.push({ ...span, cue: row.cue, isComplement: row.isComplement ?? false, needsNumber: row.needsNumber ?? false });
    }
  }
  const usable = quantities.filter((quantity) => quantity.unit !== 'bytes');
  const pairs = cues
    .flatMap((cue) => usable.map((quantity) => ({ cue, quantity, cost: distance(reading, cue, quantity, cues, usable) })))
    .filter((pair) => pair.cost < 12)
    .sort((a, b) => a.cost - b.cost);
  const paired = new Map<MetricCue, Quantity>();
  const used = new Set<Quantity>();
  for (const { cue, quantity } of pairs) {
    if (paired.has(cue) || used.has(quantity)) continue;
    paired.set(cue, quantity);
    used.add(quantity);
  }
  const kept = cues
    .filter((cue) => paired.has(cue) || !cue.needsNumber)
    .map((cue) => ({ ...cue, ...(paired.has(cue) ? { quantity: paired.get(cue)! } : {}) }))
    .sort((a, b) => a.from - b.from);
  return { cues: kept, rest: quantities.filter((quantity) => !used.has(quantity)) };
}

/** Tokens between a cue and a number, with surcharges for commas and for what a number of this unit can't mean. */
function distance(reading: Reading, cue: MetricCue, quantity: Quantity, cues: readonly MetricCue[], quantities: readonly Quantity[]): number {
  if (overlaps(cue, quantity)) return quantity.from >= cue.from && quantity.to <= cue.to ? 0 : 0.5;
  const isAfter = quantity.from >= cue.to;
  const [from, to] = isAfter ? [cue.to, quantity.from] : [quantity.to, cue.from];
  const [a, b] = [reading.tokens[from - 1]!, reading.tokens[to]!];
  if (a.sentence !== b.sentence) return 99;
  const between = [...cues, ...quantities].filter((other) => other !== cue && other !== quantity && other.from >= from && other.to <= to).length;
  const isError = /^(?:error|mae|rmse|mse|medianAbsoluteError|mape)$/u.test(cue.cue);
  if (!isError && (quantity.unit === 'time' || (quantity.unit === 'other' && !/^points?$/u.test(quantity.unitWord)))) return 99;
  if (quantity.unit === 'other' && /^(?:days?|weeks?|months?|years?|classes|kinds|categories|rows|columns|features|folds|trees|epochs|layers)$/u.test(quantity.unitWord) && quantity.bound === 'none' && !isError) return 99;
  if (cue.needsNumber && quantity.unit !== 'share' && !isError && cue.cue !== 'right') return 99;
  const strict = cue.needsNumber && !isError;
  const clauses = (b.clause - a.clause) * 3;
  return (to - from) * (isAfter ? 1 : strict ? 0.9 : 1.15) + clauses + between * 6 + (quantity.bound === 'none' && quantity.unit === 'none' ? 0.4 : 0);
}

/** Which metric a cue means for a task, and with which threshold; nothing where it does not fit the task. */
export function resolveCue(cue: MetricCue, task: TaskKind, others: readonly MetricCue[]): { readonly metric: MetricId; readonly threshold?: number } | undefined {
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
  if (isNumber !== numberMetrics.has(metric)) return undefined;
  if (quantity === undefined) return { metric };
  let threshold = quantity.value;
  if (quantity.unit === 'time') threshold = inItsUnit(quantity);
  if (cue.cue === 'mse' && isNumber) threshold = Math.sqrt(threshold);
  if (!unbounded.has(metric) && !isShare && threshold > 1 && threshold <= 100) threshold /= 100;
  if (isComplement) threshold = 1 - threshold;
  // "at least 5 % missed" or "recall under 30 %" are descriptions, not wishes, only where the direction is impossible to mean.
  return { metric, threshold: tidy(threshold) };
}

function errorMetric(isShare: boolean, others: readonly MetricCue[]): MetricId {
  const named = others.find((other) => other.quantity === undefined && numberMetrics.has(other.cue as MetricId) && other.cue !== 'r2');
  return named !== undefined ? (named.cue as MetricId) : isShare ? 'mape' : 'mae';
}

/** A time beside an error is in the units of the target: "MAE under 12 minutes" is 12. */
function inItsUnit(quantity: Quantity): number {
  const factor = /^(?:µ|μ|us|micro)/u.test(quantity.unitWord) ? 0.001 : /^(?:ms|milli)/u.test(quantity.unitWord) ? 1 : /^s/u.test(quantity.unitWord) ? 1000 : /^m/u.test(quantity.unitWord) ? 60_000 : 3_600_000;
  return quantity.value / factor;
}

/** Metrics of numbers; all others are of classes. */
export const numberMetrics: ReadonlySet<MetricId> = new Set<MetricId>(['rmse', 'mae', 'medianAbsoluteError', 'mape', 'r2']);
const unbounded: ReadonlySet<MetricId> = new Set<MetricId>(['rmse', 'mae', 'medianAbsoluteError', 'logLoss']);

/** The metric of a task where the request names none. */
export function defaultMetric(task: TaskKind): MetricId {
  return task === 'binary' ? 'rocAuc' : task === 'multiclass' ? 'balancedAccuracy' : 'rmse';
}
