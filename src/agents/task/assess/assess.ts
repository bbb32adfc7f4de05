import { float32Step } from '../../../core/helpers/float32-step.ts';
import { isError, type MetricId, metricIds, type TaskSpec } from '../../../core/task-spec.ts';
import { type Offer, type Reason, type ReasonCode, type Verdict, verdictOf } from '../../../core/verdict.ts';
import type { ColumnProfile, TableProfile } from '../../../tools/data/profile/profile.ts';
import type { Understanding } from '../understand/understanding.ts';
import { sensitiveWords } from '../understand/vocabulary.ts';
import { splitName } from '../understand/words.ts';

/** The fewest rows that are trained on. */
export const leastRows = 20;
/** The fewest rows of a class. */
export const leastOfClass = 5;
/** Below this, and without test data from the host, there is no vault. */
export const leastForVault = 100;

/** What is known beside the spec and the profile. */
export interface AssessContext {
  /** The host has handed over test data. @default false */
  readonly hasTestData?: boolean;
}

/** The verdict of a request that became no spec; `accept` where it did. */
export function assessUnderstanding(understanding: Understanding): Verdict {
  if (understanding.kind === 'reject') {
    const { code, evidence } = understanding.reject;
    const facts =
      typeof evidence === 'object' && evidence !== null && !Array.isArray(evidence)
        ? (evidence as Reason['evidence'])
        : {};
    return verdictOf([{ code, evidence: facts }], nearestOf(code, facts));
  }
  if (understanding.kind === 'clarify') {
    const [question] = understanding.clarify;
    return verdictOf([
      { code: understanding.code, evidence: { options: question?.options ?? [], default: question?.default } },
    ]);
  }
  return verdictOf([]);
}

function nearestOf(code: ReasonCode, evidence: Reason['evidence']): Offer | undefined {
  const task: Partial<Record<ReasonCode, string>> = {
    FORECASTING: 'a model that predicts a row from the other columns of the same row',
    CLUSTERING: 'a model that predicts a group, once some rows are labelled with theirs',
    ANOMALY_DETECTION: 'a model that predicts a column in which known anomalies are marked',
    IMAGES: 'a model that predicts from columns measured on the pictures',
    AUDIO: 'a model that predicts from columns measured on the sound',
    TEXT_GENERATION: 'a model that predicts a class or a number',
    RECOMMENDATION: 'a model that predicts whether an item will be chosen',
    MULTI_LABEL: 'one model a label, each with a column of yes and no',
    SEVERAL_TARGETS: 'one run a target',
    SURVIVAL_ANALYSIS: 'a model that predicts whether the event comes within a fixed time',
    CAUSAL: 'a model that predicts the outcome as it was observed',
  };
  if (code === 'DERIVED_TARGET') return { change: 'target', evidence: { column: evidence.column } };
  return task[code] === undefined ? undefined : { change: 'task', evidence: { task: task[code] } };
}

/** Judges a spec against the profile of its data, before anything is tried. */
export function assessRequest(spec: TaskSpec, profile: TableProfile, context: AssessContext = {}): Verdict {
  const reasons: Reason[] = [];
  const add = (code: ReasonCode, evidence: Reason['evidence']): void => void reasons.push({ code, evidence });
  const target = spec.target.value;
  const column = profile.columns.find((candidate) => candidate.name === target);
  if (profile.rowCount === 0) return verdictOf([{ code: 'NO_DATA', evidence: { rows: 0 } }]);
  if (column === undefined) return verdictOf([{ code: 'NO_TARGET', evidence: { columns: profile.columns.length } }]);
  const rows = profile.rowCount - column.missing;
  if (rows < leastRows) add('TOO_FEW_ROWS', { target, rows, least: leastRows });
  if (column.distinct < 2) add('ONE_CLASS', { target, rows });
  if (!spec.inputs.value.some((name) => isUsable(profile.columns.find((candidate) => candidate.name === name))))
    add('NO_INPUTS', { target, inputs: spec.inputs.value.length });
  if (spec.task.value !== 'regression') assessClasses(spec, column, rows, add);
  else assessPrecision(column, add);
  if (rows >= leastRows && rows < leastForVault && context.hasTestData !== true) add('NO_VAULT', { rows });
  else if (rows >= leastForVault && rows < 1000) add('SMALL_DATA', { rows });
  assessData(spec, profile, column, add);
  for (const { code, quote } of spec.unsupported) {
    if (code === 'CLASSES_OF_NUMBER')
      add('TASK_ASSUMED', { target: column.name, task: spec.task.value, quote, distinct: column.distinct });
    else add('UNSUPPORTED_WISH', { wish: code, quote });
  }
  for (const { metric, threshold } of spec.metrics) {
    if (threshold !== undefined && isImplausible(metric, threshold))
      add('THRESHOLD_IMPLAUSIBLE', { metric, threshold });
  }
  return verdictOf(reasons);
}

type Add = (code: ReasonCode, evidence: Reason['evidence']) => void;

function assessClasses(spec: TaskSpec, column: ColumnProfile, rows: number, add: Add): void {
  const target = column.name;
  const top = column.top ?? [];
  // Of numbers of many values the counts are not known, but so many classes can't all have rows enough.
  const smallest = Math.floor(rows / Math.max(1, column.distinct));
  if (column.top === undefined && column.distinctExact && column.distinct > 1 && smallest < leastOfClass)
    add('TOO_FEW_OF_CLASS', { target, rows: smallest, least: leastOfClass, classes: column.distinct, atMost: true });
  const counts = top.map((entry) => entry.count);
  if (counts.length < 2) return;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const rare = counts.filter((count) => count < leastOfClass).length;
  if (rare > 0) add('TOO_FEW_OF_CLASS', { target, rows: least, least: leastOfClass, classes: rare });
  const scarce = counts.filter((count) => count >= leastOfClass && count < 20).length;
  if (scarce > 0) add('RARE_CLASSES', { target, classes: scarce, least: 20 });
  // Of many classes each is rare: then it is half of an equal share that counts.
  if (least / rows < Math.min(0.1, 0.5 / counts.length) && least >= leastOfClass)
    add('IMBALANCED', { target, share: least / rows });
  if (column.distinct > 50) add('MANY_CLASSES', { target, classes: column.distinct });
  const accuracy = spec.metrics.find((wish) => wish.metric === 'accuracy');
  if (accuracy?.threshold !== undefined && accuracy.threshold <= most / rows)
    add('THRESHOLD_TRIVIAL', { metric: 'accuracy', threshold: accuracy.threshold, baseline: most / rows });
}

/** Answers are float32: values beyond it, or closer to each other than its steps, can't be told. */
function assessPrecision({ name, numeric }: ColumnProfile, add: Add): void {
  if (numeric === undefined) return;
  const largest = Math.max(Math.abs(numeric.min), Math.abs(numeric.max));
  if (!Number.isFinite(Math.fround(largest))) add('TARGET_KIND', { column: name, kind: 'number', beyond: true });
  else if (numeric.deviation > 0 && float32Step(largest) > numeric.deviation)
    add('TARGET_KIND', { column: name, kind: 'number' });
}

function assessData(spec: TaskSpec, profile: TableProfile, column: ColumnProfile, add: Add): void {
  const target = column.name;
  const inputs = profile.columns.filter(({ name }) => spec.inputs.value.includes(name));
  if (column.missing > 0) add('TARGET_MISSING', { target, rows: column.missing });
  const holes = inputs.filter((input) => input.missing > profile.rowCount / 2);
  if (holes.length > 0) add('MANY_MISSING', { columns: holes.length, names: holes.map((input) => input.name) });
  const texts = inputs.filter((input) => input.kind === 'text' && !input.identifier);
  if (texts.length > 0) add('TEXT_SET_ASIDE', { columns: texts.map((input) => input.name) });
  if (profile.duplicateRows > 0)
    add('DUPLICATE_ROWS', { rows: profile.duplicateRows, share: profile.duplicateRows / profile.rowCount });
  if (splitName(target).some((word) => sensitiveWords.has(word) && word !== 'age')) add('SENSITIVE_TARGET', { target });
  if (spec.roles.group !== undefined) return;
  const suspect = profile.columns.find(
    (input) =>
      input.name !== target &&
      !input.identifier &&
      input.kind !== 'boolean' &&
      /(?:^|[ _-])(?:id|uuid)$|[a-z]I[dD]$/u.test(input.name) &&
      input.distinct >= 2 &&
      input.distinct < profile.rowCount * 0.8,
  );
  if (suspect !== undefined)
    add('GROUPS_SUSPECTED', { column: suspect.name, distinct: suspect.distinct, rows: profile.rowCount });
}

function isUsable(column: ColumnProfile | undefined): boolean {
  return column !== undefined && column.kind !== 'text' && !column.identifier && column.distinct > 1;
}

function isImplausible(metric: MetricId, threshold: number): boolean {
  if (!metricIds.some((id) => id === metric)) return false;
  return isGreaterBetter(metric) ? threshold >= 0.999 : threshold <= 0;
}

/** Whether more of a metric is better. */
export function isGreaterBetter(metric: MetricId): boolean {
  return !isError(metric);
}
