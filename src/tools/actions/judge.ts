import { TrainerError } from '../../core/errors.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import { ownMetrics } from '../../core/metric-scope.ts';
import type { MetricId, TaskKind } from '../../core/task-spec.ts';
import { type JudgedRows, mapClasses, openJudged } from '../artefact/judged-model.ts';
import type { ModelMapping } from '../artefact/model-mapping.ts';
import { isMissing } from '../data/prepare/cells.ts';
import { classLabels, encodeTarget } from '../data/prepare/encode-target.ts';
import { type ReadOptions, readTable } from '../data/read-table.ts';
import { columnOf } from '../data/rows.ts';
import type { Table } from '../data/table.ts';
import { bootstrapGain, bootstrapMetric, type MetricInterval } from '../evaluate/intervals.ts';
import type { Prediction, UndefinedReason } from '../evaluate/metric.ts';
import { metrics as allMetrics } from '../evaluate/metrics.ts';
import { mcnemar, type PairedTest, wilcoxon } from '../evaluate/paired-tests.ts';
import { blockLength, type Resampling } from '../evaluate/resample.ts';
import { part } from '../evaluate/rows-of-prediction.ts';
import { defineAction } from './action.ts';

/** How rows are judged. */
export interface JudgeOptions {
  /** Metrics in the order of their weight. @default those of the task that the model's outputs allow */
  readonly metrics?: readonly MetricId[];
  /** A column of row weights. */
  readonly weight?: string;
  /** A column whose equal values belong together: intervals then draw whole groups. */
  readonly group?: string;
  /** Neighbouring rows depend on each other (a time series): intervals then draw blocks. */
  readonly ordered?: boolean;
  /** @default the target of the model */
  readonly target?: string;
  /** @default 0 */
  readonly seed?: number;
  /** Share of intervals that hold the truth. @default 0.95 */
  readonly level?: number;
  /** Resamples of an interval. @default 2000, fewer beyond 20,000 rows */
  readonly resamples?: number;
}

export interface JudgeInput {
  /** Blobs of one or two model files. */
  readonly models: readonly { readonly model: string; readonly mapping?: ModelMapping }[];
  /** Whether `source` holds spooled records. */
  readonly isSpool: boolean;
  readonly reading?: Pick<ReadOptions, 'encoding' | 'delimiter' | 'quote' | 'header' | 'missing'>;
  readonly options: JudgeOptions;
}

/** A metric on the rows with its interval, or why it has no value there. */
export type JudgedScore =
  | ({ readonly defined: true } & Pick<MetricInterval, 'metric' | 'value' | 'low' | 'high' | 'level' | 'method'>)
  | { readonly defined: false; readonly metric: MetricId; readonly reason: UndefinedReason };

/** What a model is worth on some rows. */
export interface Judged {
  readonly model: { readonly hash: string; readonly sizeBytes: number };
  readonly task: TaskKind;
  readonly target: string;
  /** In the order of the model; empty for numbers. */
  readonly classes: readonly string[];
  /** Rows that were judged. */
  readonly rows: number;
  /** Rows that could not be, by why: `target missing`, `class unknown to the model`, or what reading said. */
  readonly setAside: readonly { readonly reason: string; readonly count: number }[];
  readonly scores: readonly JudgedScore[];
}

/** How much better the second of two models is. */
export interface JudgedGain {
  readonly metric: MetricId;
  /** In the metric's unit; positive where the second is better, whatever the metric's direction. */
  readonly gain: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /** Share of the resamples in which the second is better. */
  readonly probabilityBetter: number;
}

export interface JudgeOutput {
  readonly judged: readonly Judged[];
  /** Two models alone. */
  readonly gains: readonly JudgedGain[];
  readonly tests: readonly PairedTest[];
}

/** Judges one or two models on labelled rows that they did not learn from. */
export const judge = defineAction<JudgeInput, JudgeOutput>({
  name: 'judge',
  async run(input, context) {
    const { options } = input;
    const { table, report } = await readTable(
      { kind: 'file', path: context.source('data') },
      { ...(input.isSpool ? { format: 'ndjson' as const } : {}), ...input.reading, maxBytes: Number.POSITIVE_INFINITY },
      { threads: context.cores },
    );
    const opened: JudgedRows[] = [];
    const files: Judged['model'][] = [];
    for (const { model, mapping } of input.models) {
      const bytes = await context.blobs.get(model);
      files.push({ hash: sha256(bytes), sizeBytes: bytes.length });
      opened.push(await openJudged(bytes, mapping, table, await context.backend(), context.cores));
    }
    const [first] = opened;
    const rows = truthOf(table, first!, options);
    const predictions = opened.map((of) => part(mapClasses(of, first!), rows.judged));
    const ids = metricsFor(first!.task, predictions, options.metrics);
    const settings = {
      seed: `${options.seed ?? 0}/judge`,
      weights: rows.weights,
      resampling: rows.resampling,
      resamples: options.resamples ?? Math.max(200, Math.min(2000, Math.round(4e7 / Math.max(1, rows.truth.length)))),
      level: options.level ?? 0.95,
    };
    const setAside = [...report.setAside.map(({ reason, count }) => ({ reason, count })), ...rows.setAside];
    const judged = predictions.map((prediction, i): Judged => {
      context.progress((i + 1) / (predictions.length + 1));
      return {
        model: files[i]!,
        task: first!.task,
        target: rows.target,
        classes: opened[i]!.classes,
        rows: rows.truth.length,
        setAside,
        scores: ids.map((metric) => scoreOf(metric, rows.truth, prediction, settings)),
      };
    });
    const [a, b] = predictions;
    if (b === undefined) return { judged, gains: [], tests: [] };
    const gains = ids.flatMap((metric): JudgedGain[] => {
      const gain = bootstrapGain(metric, rows.truth, b, a!, settings);
      if (gain === undefined) return [];
      const { low, high, level, probabilityBetter } = gain;
      return [{ metric, gain: gain.gain, low, high, level, probabilityBetter }];
    });
    return { judged, gains, tests: testsOf(rows.truth, a!, b) };
  },
});

type Settings = Parameters<typeof bootstrapMetric>[3];

function scoreOf(metric: MetricId, truth: Float64Array, prediction: Prediction, settings: Settings): JudgedScore {
  const result = bootstrapMetric(metric, truth, prediction, settings);
  if (!result.defined) return { metric, defined: false, reason: result.reason };
  const { value, low, high, level, method } = result.interval;
  return { metric, defined: true, value, low, high, level, method };
}

function testsOf(truth: Float64Array, a: Prediction, b: Prediction): PairedTest[] {
  if (a.values !== undefined && b.values !== undefined) return [wilcoxon(truth, a.values, b.values)];
  return a.labels !== undefined && b.labels !== undefined ? [mcnemar(truth, a.labels, b.labels)] : [];
}

/** Metrics that were asked, or all that the outputs allow. @throws {TrainerError} REQUEST_INVALID for one that they do not */
function metricsFor(
  task: TaskKind,
  predictions: readonly Prediction[],
  asked: readonly MetricId[] | undefined,
): readonly MetricId[] {
  const fitting = Object.values(allMetrics).filter(
    ({ tasks, needs }) => tasks.includes(task) && predictions.every((prediction) => prediction[needs] !== undefined),
  );
  const own = ownMetrics().filter(
    ({ tasks, needs }) => tasks.includes(task) && predictions.every((prediction) => prediction[needs] !== undefined),
  );
  const ids = [...fitting.map(({ id }) => id), ...own.map(({ name }) => name)];
  if (asked === undefined)
    return task === 'multiclass' ? ids.filter((id) => !['f1', 'precision', 'recall', 'specificity'].includes(id)) : ids;
  const unfit = asked.find((metric) => !ids.includes(metric));
  if (unfit !== undefined || asked.length === 0)
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected metrics among ${ids.join(', ')}, which this ${task} model allows, got ${unfit ?? 'none'}.`,
    );
  return asked;
}

/** The rows that can be judged, with their truth. */
function truthOf(table: Table, { task, classes, target: own }: JudgedRows, options: JudgeOptions) {
  const target = options.target ?? own;
  const column = columnOf(table, target);
  const { target: encoded } = encodeTarget(column, task, task === 'regression' ? {} : { classes });
  const weights = options.weight === undefined ? undefined : weightsOf(table, options.weight);
  const judged = Uint32Array.from(encoded.keys()).filter(
    (row) => !Number.isNaN(encoded[row]!) && (weights === undefined || weights[row]! > 0),
  );
  let missing = 0;
  for (let row = 0; row < table.rowCount; row++) if (isMissing(column, row)) missing++;
  let unknown = 0;
  encoded.forEach((value, row) => {
    if (Number.isNaN(value) && !isMissing(column, row)) unknown++;
  });
  const setAside = [
    { reason: 'target missing', count: missing },
    { reason: 'class unknown to the model', count: unknown },
    { reason: 'no weight', count: table.rowCount - missing - unknown - judged.length },
  ].filter(({ count }) => count > 0);
  if (judged.length === 0)
    throw new TrainerError(
      'DATA_EMPTY',
      `Expected rows with a value in "${target}" that the model knows, got none of ${table.rowCount}. Fill in that column, with the classes that the model was trained on.`,
    );
  const resampling: Resampling =
    options.group !== undefined
      ? { kind: 'groups', groups: groupsOf(table, options.group, judged) }
      : options.ordered === true
        ? { kind: 'blocks', length: blockLength(judged.length) }
        : { kind: 'rows' };
  return {
    target,
    judged,
    truth: Float64Array.from(judged, (row) => encoded[row]!),
    weights: weights && Float64Array.from(judged, (row) => weights[row]!),
    resampling,
    setAside,
  };
}

function weightsOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column.kind !== 'number')
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected numbers as weights in "${name}", got a column of ${column.kind}. Name another column, or none.`,
    );
  return Float64Array.from(column.values, (value, row) => (isMissing(column, row) || !(value > 0) ? 0 : value));
}

/** A number a group; rows without a group stand alone. */
function groupsOf(table: Table, name: string, rows: Uint32Array): Int32Array {
  const column = columnOf(table, name);
  const labelAt = classLabels(column);
  const numbers = new Map<string, number>();
  let next = 0;
  return Int32Array.from(rows, (row) => {
    if (isMissing(column, row)) return next++;
    const label = labelAt(row);
    const known = numbers.get(label);
    if (known !== undefined) return known;
    numbers.set(label, next);
    return next++;
  });
}
