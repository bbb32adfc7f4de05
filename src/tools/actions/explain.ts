import { decodeArrays } from '../../core/helpers/encode-arrays.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { isMissing } from '../data/prepare/cells.ts';
import { classLabels } from '../data/prepare/encode-target.ts';
import { sampleRows } from '../data/reduce/sample-rows.ts';
import { columnOf } from '../data/rows.ts';
import type { Table } from '../data/table.ts';
import { columnParts, type Where } from '../evaluate/column-parts.ts';
import { part } from '../evaluate/rows-of-prediction.ts';
import { designEffect, findWeakSlices, type WeakSlice } from '../evaluate/slices.ts';
import { probabilityOf, rowLosses, worstRows } from '../evaluate/worst-rows.ts';
import type { Problem } from '../learn/learner.ts';
import { readTrainingSet } from '../learn/training-set.ts';
import { type ActionContext, defineAction } from './action.ts';
import { dependenceOf, type PartialDependence } from './dependence.ts';

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

/** What of the data an explanation tells, apart from its numbers: kept in a blob, so that no cell is in a journal or an event. */
export interface ExplainedValues {
  /** Which rows a weak slice has, in the order of `slices`. */
  readonly slices: readonly (readonly Where[])[];
  /** Where each column is held, in the order of `dependence` and its points: a number, or the label of a value. */
  readonly dependence: readonly (readonly (number | string)[])[];
  /** The cells of the worst rows, in their order; where the host's privacy allows samples. */
  readonly worst?: readonly Readonly<Record<string, string>>[];
}

export interface ExplainOutput {
  /** Rows of the first repeat of the folds, each predicted by a model that has not seen it. */
  readonly judged: number;
  /** Of these, those that slices were looked for in. */
  readonly sliceRows: number;
  /** Mean loss of the slice rows: the share of wrong labels, or the mean absolute error. */
  readonly loss: number;
  readonly slicesLookedAt: number;
  readonly slices: readonly (Omit<WeakSlice<Where>, 'where'> & { readonly columns: readonly string[] })[];
  readonly errors: number;
  readonly worst: readonly WorstRowFact[];
  readonly dependenceRows: number;
  readonly dependence: readonly PartialDependence[];
  /** Blob of the values that all this is about, as JSON: {@link ExplainedValues}. */
  readonly values: string;
}

const mostWorst = 20;
const mostSliceRows = 20_000;
const pairedColumns = 8;

/** Explains the finished file on the rows outside the vault: where it errs out of fold, and how its answer depends on a column. */
export const explain = defineAction<ExplainInput, ExplainOutput>({
  name: 'explain',
  async run(input, context) {
    const { table } = applyCleaning(decodeTable(await context.blobs.get(input.train)), input.plan);
    const errors = await errorsOf(input, table, context);
    const dependence = await dependenceOf(input, table, context);
    const values: ExplainedValues = { ...errors.values, ...dependence.values };
    return {
      ...errors.told,
      ...dependence.told,
      values: await context.blobs.put(new TextEncoder().encode(JSON.stringify(values))),
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
  const told = {
    judged: rows.length,
    sliceRows: taken.length,
    loss: sliceLosses.reduce((sum, loss) => sum + loss, 0) / sliceLosses.length,
    slicesLookedAt: lookedAt,
    slices: slices.map(({ where, ...slice }) => ({ columns: where.map(({ column }) => column), ...slice })),
    errors: losses.reduce((sum, loss) => sum + (loss > 0 ? 1 : 0), 0),
    worst,
  };
  const worstRecords = (): readonly Record<string, string>[] =>
    recordsOf(
      table,
      input.columns,
      found.map(({ row }) => rows[row]!),
    );
  const about = {
    slices: slices.map(({ where }) => where),
    ...(input.showValues ? { worst: worstRecords() } : {}),
  };
  return { told, values: about };
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
