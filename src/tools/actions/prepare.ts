import { TrainerError } from '../../core/errors.ts';
import type { TaskKind } from '../../core/task-spec.ts';
import type { SignatureInput } from '../../onnx/signature.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import type { ColumnFormat } from '../data/columns/column-format.ts';
import { applyPreparation } from '../data/prepare/apply-preparation.ts';
import { isMissing } from '../data/prepare/cells.ts';
import { encodeTarget } from '../data/prepare/encode-target.ts';
import { type PreparationPlan, planPreparation } from '../data/prepare/plan-preparation.ts';
import { signatureInputs } from '../data/prepare/signature-inputs.ts';
import { columnOf } from '../data/rows.ts';
import type { Column } from '../data/table.ts';
import { factsOf, writeTrainingSet } from '../learn/training-set.ts';
import { defineAction } from './action.ts';
import { decodeFolds } from './split.ts';

export interface PrepareInput {
  readonly train: string;
  readonly folds: string;
  /** Blob of how texts are read, for the signature. */
  readonly formats: string;
  readonly plan: CleaningPlan;
  /** Columns that are used after all, or not, by decision. */
  readonly inputs: readonly string[];
  readonly target: string;
  readonly task: TaskKind;
  readonly positive?: string;
  readonly weight?: string;
}

export interface PrepareOutput {
  /** Blob of the training set. */
  readonly set: string;
  /** Blob of the preparation and the signature's inputs (they hold frequent categories). */
  readonly preparation: string;
  readonly task: TaskKind;
  readonly classes: readonly string[];
  /** Rows a class, in the order of `classes`. */
  readonly classCounts: readonly number[];
  readonly rowCount: number;
  readonly folds: number;
  readonly repeats: number;
  readonly inputs: readonly string[];
  readonly numberCount: number;
  readonly categoryCount: number;
  readonly missingShare: number;
  /** Names of the features, in feature order, with the column each is made from. */
  readonly features: readonly { readonly name: string; readonly column: string }[];
  readonly setAside: PreparationPlan['setAside'];
  readonly categories: PreparationPlan['categories'];
}

/** Makes the features of the rows to learn from, and remembers how. */
export const prepare = defineAction<PrepareInput, PrepareOutput>({
  name: 'prepare',
  async run(input, context) {
    const { table } = applyCleaning(decodeTable(await context.blobs.get(input.train)), {
      ...input.plan,
      columns: keepColumns(input.plan, input.inputs),
    });
    const { folds, input: foldsInput } = decodeFolds(await context.blobs.get(input.folds));
    const planned = planPreparation(table, input.inputs);
    const { preparation } = planned;
    if (preparation.columns.length === 0) {
      throw new TrainerError(
        'DATA_FORMAT',
        'Expected at least one column that a model can learn from, got none: all are constant, identifiers, free text or missing. Add columns that have to do with the target.',
      );
    }
    const positive = input.positive === undefined ? {} : { positive: input.positive };
    const { target, classes } = encodeTarget(columnOf(table, input.target), input.task, positive);
    const features = applyPreparation(table, preparation);
    // Two classes are one probability, whatever the request called them.
    const task: TaskKind = classes.length === 2 ? 'binary' : input.task;
    const problem = { task, classCount: classes.length };
    const set = {
      problem,
      classes,
      features,
      target,
      folds,
      ...(foldsInput.groups === undefined ? {} : { groups: foldsInput.groups }),
      ...(input.weight === undefined ? {} : { weights: readWeights(columnOf(table, input.weight), table.rowCount) }),
    };
    const formats = JSON.parse(new TextDecoder().decode(await context.blobs.get(input.formats))) as Record<
      string,
      ColumnFormat
    >;
    const signature = signatureInputs(table, preparation).map((column) => ({
      ...column,
      ...formatOf(formats[column.name]),
    })) as SignatureInput[];
    const facts = factsOf(set);
    return {
      set: await writeTrainingSet(set, context.blobs),
      preparation: await context.blobs.put(
        new TextEncoder().encode(JSON.stringify({ preparation, inputs: signature })),
      ),
      task,
      classes,
      classCounts: classes.map((_, index) => target.reduce((count, value) => count + (value === index ? 1 : 0), 0)),
      rowCount: features.rowCount,
      folds: folds.count,
      repeats: folds.repeats,
      inputs: preparation.columns.map(({ column }) => column),
      numberCount: features.numbers.length,
      categoryCount: features.categories.length,
      missingShare: facts.missingShare,
      features: [...features.numbers, ...features.categories].map(({ name }) => ({
        name,
        column: sourceOf(
          name,
          preparation.columns.map(({ column }) => column),
        ),
      })),
      setAside: planned.setAside,
      categories: planned.categories,
    };
  },
});

function keepColumns(plan: CleaningPlan, inputs: readonly string[]): CleaningPlan['columns'] {
  const wanted = new Set(inputs);
  return plan.columns.map((column) =>
    wanted.has(column.column)
      ? { column: column.column, action: 'use' }
      : column.action === 'use'
        ? { column: column.column, action: 'set-aside', reason: 'ignored', present: 0, distinct: 0 }
        : column,
  );
}

function formatOf(format: ColumnFormat | undefined): { readonly format?: ColumnFormat } {
  return format === undefined ? {} : { format };
}

/** A datetime's features are named `column.part`. */
function sourceOf(feature: string, columns: readonly string[]): string {
  if (columns.includes(feature)) return feature;
  const dot = feature.lastIndexOf('.');
  return dot < 0 ? feature : feature.slice(0, dot);
}

function readWeights(column: Column, rowCount: number): Float64Array {
  if (column.kind !== 'number')
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the weight column "${column.name}" to hold numbers, got ${column.kind}. Name another column, or none.`,
    );
  for (let row = 0; row < rowCount; row++) {
    if (isMissing(column, row) || !(column.values[row]! > 0)) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected a positive weight in every row of "${column.name}", got another in row ${row + 1}. Fill or drop those rows.`,
        { details: { row: row + 1 } },
      );
    }
  }
  return column.values;
}
