import { decodeArrays } from '../../core/helpers/encode-arrays.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readSignature, type SignatureInput } from '../../onnx/signature.ts';
import { collectPredictions } from '../artefact/decode-predictions.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { predictionOf } from '../artefact/prediction-of.ts';
import { withValue } from '../artefact/vary-input.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { isMissing, lengthOf } from '../data/prepare/cells.ts';
import { classLabels } from '../data/prepare/encode-target.ts';
import { quantiles } from '../data/profile/order-statistics.ts';
import { sampleRows } from '../data/reduce/sample-rows.ts';
import { columnOf, takeRows } from '../data/rows.ts';
import type { Column, Table } from '../data/table.ts';
import { columnParts, leastValueRows, type Where } from '../evaluate/column-parts.ts';
import { meanPrediction, quantileGrid } from '../evaluate/partial-dependence.ts';
import { part } from '../evaluate/rows-of-prediction.ts';
import { designEffect, findWeakSlices, type WeakSlice } from '../evaluate/slices.ts';
import { probabilityOf, rowLosses, worstRows } from '../evaluate/worst-rows.ts';
import type { Problem } from '../learn/learner.ts';
import { readTrainingSet } from '../learn/training-set.ts';
import { type ActionContext, defineAction } from './action.ts';
import { affordableRows } from './importance.ts';

export interface ExplainInput {
  /** Blob of the model file. */
  readonly model: string;
  /** Blob of the training set, of the rows it was made from, and of their row numbers in the data. */
  readonly set: string;
  readonly train: string;
  readonly rowNumbers: string;
  readonly plan: CleaningPlan;
  readonly problem: Problem;
  readonly classes: readonly string[];
  /** Blob of the out-of-fold predictions after calibration and decision. */
  readonly outOfFold: string;
  /** Columns of the model by falling reliance: the first have a partial dependence, and are paired in slices. */
  readonly columns: readonly string[];
  /** Columns beside the inputs that slices may be made of. */
  readonly groupColumns: readonly string[];
  /** Whether the values of the worst rows are kept for the report. */
  readonly showValues: boolean;
  readonly operationsPerRow: number;
  readonly seed: number;
}

/** The mean prediction where one column is held at a value in every row (Friedman 2001). */
export interface PartialDependence {
  readonly column: string;
  readonly kind: 'number' | 'datetime' | 'category' | 'boolean';
  /** `means`: of the positive class, of each class, or of the value; `rows`: how many have a category or boolean. */
  readonly points: readonly {
    readonly at: number | string;
    readonly means: readonly number[];
    readonly rows?: number;
  }[];
  /** Rows in bins of equal width from the first point to the last; those beyond are left out. Numbers and datetimes alone. */
  readonly density?: readonly number[];
}

/** A row that the model is most wrong about, out of fold. */
export interface WorstRowFact {
  /** Counted from 1 in the data as they were read, the header not counted. */
  readonly row: number;
  readonly loss: number;
  /** Class numbers and the probability of the predicted one; absent for regression, whose values would be the row's own. */
  readonly truth?: number;
  readonly predicted?: number;
  readonly probability?: number;
}

export interface ExplainOutput {
  /** Rows of the first repeat of the folds, each predicted by a model that has not seen it. */
  readonly judged: number;
  /** Of these, those that slices were looked for in. */
  readonly sliceRows: number;
  /** Mean loss of the slice rows: the share of wrong labels, or the mean absolute error. */
  readonly loss: number;
  readonly slicesLookedAt: number;
  readonly slices: readonly WeakSlice<Where>[];
  readonly errors: number;
  readonly worst: readonly WorstRowFact[];
  /** Blob of the values of the worst rows, as JSON: a record a row. */
  readonly worstValues?: string;
  readonly dependenceRows: number;
  readonly dependence: readonly PartialDependence[];
}

const shownColumns = 6;
const gridPoints = 20;
const densityBins = 24;
const mostCategories = 12;
const mostWorst = 20;
const mostSliceRows = 20_000;
const pairedColumns = 8;

/** Explains the finished file on the rows outside the vault: where it errs out of fold, and how its answer depends on a column. */
export const explain = defineAction<ExplainInput, ExplainOutput>({
  name: 'explain',
  async run(input, context) {
    const { table } = applyCleaning(decodeTable(await context.blobs.get(input.train)), input.plan);
    return {
      ...(await errorsOf(input, table, context)),
      ...(await dependenceOf(input, table, context)),
    };
  },
});

async function errorsOf(input: ExplainInput, table: Table, context: ActionContext) {
  const { problem } = input;
  const set = await readTrainingSet(input.set, context);
  const { arrays } = decodeArrays(await context.blobs.get(input.outOfFold));
  const { arrays: numbers } = decodeArrays(await context.blobs.get(input.rowNumbers));
  // Of expanding folds the first block is only learned from.
  const shift = set.folds.kind === 'expanding' ? 1 : 0;
  const rows = Uint32Array.from(set.target.keys()).filter((row) => set.folds.assignments[0]![row]! >= shift);
  const { probabilities, labels, values } = arrays as Record<string, Float64Array | Int32Array | undefined>;
  const prediction = part(
    {
      classCount: problem.classCount,
      ...(probabilities && { probabilities: probabilities as Float64Array }),
      ...(labels && { labels: labels as Int32Array }),
      ...(values && { values: values as Float64Array }),
    },
    Uint32Array.from(rows.keys()),
  );
  const truth = Float64Array.from(rows, (row) => set.target[row]!);
  const losses = rowLosses(truth, prediction);
  const rowNumbers = numbers.rows as Uint32Array;
  const found = worstRows(truth, prediction, mostWorst);
  const worst = found.map(({ row, loss }): WorstRowFact => {
    const number = rowNumbers[rows[row]!]! + 1;
    if (prediction.labels === undefined) return { row: number, loss };
    const predicted = prediction.labels[row]!;
    return { row: number, loss, truth: truth[row]!, predicted, probability: probabilityOf(prediction, row, predicted) };
  });

  const taken =
    rows.length <= mostSliceRows
      ? Uint32Array.from(rows.keys())
      : sampleRows({
          rowCount: rows.length,
          size: mostSliceRows,
          strata: new Int32Array(rows.length),
          stratumCount: 1,
          seed: `${input.seed}/slices`,
        }).rows;
  const tableRows = Uint32Array.from(taken, (position) => rows[position]!);
  const sliceLosses = Float64Array.from(taken, (position) => losses[position]!);
  const order = [...new Set([...input.columns, ...input.groupColumns])];
  const parts = order.flatMap((name, column) =>
    columnParts(columnOf(table, name), tableRows).map((found) => ({ ...found, column })),
  );
  const groups = set.groups === undefined ? undefined : Int32Array.from(tableRows, (row) => set.groups![row]!);
  const { lookedAt, found: slices } = findWeakSlices(sliceLosses, parts, {
    isShare: problem.task !== 'regression',
    design: designEffect(sliceLosses, groups),
    pairedColumns,
  });
  const worstValues = input.showValues
    ? await context.blobs.put(
        new TextEncoder().encode(
          JSON.stringify(
            recordsOf(
              table,
              input.columns,
              found.map(({ row }) => rows[row]!),
            ),
          ),
        ),
      )
    : undefined;
  return {
    judged: rows.length,
    sliceRows: taken.length,
    loss: sliceLosses.reduce((sum, loss) => sum + loss, 0) / sliceLosses.length,
    slicesLookedAt: lookedAt,
    slices,
    errors: losses.reduce((sum, loss) => sum + (loss > 0 ? 1 : 0), 0),
    worst,
    ...(worstValues === undefined ? {} : { worstValues }),
  };
}

/** The cells of some rows as texts; a missing one is left out. */
function recordsOf(table: Table, names: readonly string[], rows: readonly number[]): Record<string, string>[] {
  const columns = names.map((name) => columnOf(table, name));
  return rows.map((row) =>
    Object.fromEntries(
      columns.flatMap((column) => (isMissing(column, row) ? [] : [[column.name, classLabels(column)(row)]])),
    ),
  );
}

async function dependenceOf(input: ExplainInput, table: Table, context: ActionContext) {
  const file = await context.blobs.get(input.model);
  const signature = readSignature(checkModel(file));
  const shown = input.columns
    .slice(0, shownColumns)
    .flatMap((name) => signature.inputs.find((candidate) => candidate.name === name) ?? []);
  const size = affordableRows(input.operationsPerRow, signature.inputs.length, shownColumns * gridPoints);
  const { rows } = sampleRows({
    rowCount: table.rowCount,
    size,
    strata: new Int32Array(table.rowCount),
    stratumCount: 1,
    seed: `${input.seed}/dependence`,
  });
  const tensors = encodeTableForModel(signature, takeRows(table, rows));
  const backend = await context.backend();
  await using predictor = await backend.load(file, { where: 'inline', threads: context.cores });
  const dependence: PartialDependence[] = [];
  for (const column of shown) {
    const points: PartialDependence['points'][number][] = [];
    const { grid, density } = gridOf(columnOf(table, column.name), column);
    for (const { at, label, count } of grid) {
      const outputs = await predictor.predict(withValue(tensors, column, at));
      const prediction = predictionOf(collectPredictions(signature, [outputs]), input.classes);
      points.push({
        at: label ?? at,
        means: meanPrediction(prediction),
        ...(count === undefined ? {} : { rows: count }),
      });
    }
    if (points.length > 1)
      dependence.push({
        column: column.name,
        kind: column.kind,
        points,
        ...(density === undefined ? {} : { density }),
      });
  }
  return { dependenceRows: rows.length, dependence };
}

interface GridPoint {
  readonly at: number | string;
  /** How it is told, where that is not the value. */
  readonly label?: string;
  /** Rows that have it. */
  readonly count?: number;
}

/** Where a column is held: quantiles of its numbers, its frequent values. */
function gridOf(
  column: Column,
  { kind }: SignatureInput,
): { readonly grid: readonly GridPoint[]; readonly density?: readonly number[] } {
  const held = Array.from({ length: lengthOf(column) }, (_, row) => row).filter((row) => !isMissing(column, row));
  if (held.length === 0 || column.kind === 'text') return { grid: [] };
  if ((kind === 'number' || kind === 'datetime') && (column.kind === 'number' || column.kind === 'datetime')) {
    const values = Float64Array.from(held, (row) => column.values[row]!);
    const grid = quantileGrid((levels) => quantiles(values, levels), gridPoints);
    return { grid: grid.map((at) => ({ at })), density: densityOf(values, grid[0]!, grid.at(-1)!) };
  }
  const labelAt = classLabels(column);
  const counts = new Map<string, { count: number; row: number }>();
  for (const row of held) {
    const label = labelAt(row);
    counts.set(label, { count: (counts.get(label)?.count ?? 0) + 1, row });
  }
  const grid = [...counts]
    .filter(([, { count }]) => count >= leastValueRows)
    .sort((a, b) => b[1].count - a[1].count)
    .slice(0, mostCategories)
    .map(([label, { count, row }]) =>
      column.kind === 'boolean' ? { at: column.values[row]!, label, count } : { at: label, count },
    );
  return { grid };
}

function densityOf(values: Float64Array, low: number, high: number): readonly number[] {
  const counts = new Array<number>(densityBins).fill(0);
  for (const value of values) {
    if (value < low || value > high) continue;
    counts[Math.min(densityBins - 1, Math.floor((densityBins * (value - low)) / (high - low)))]!++;
  }
  return counts;
}
