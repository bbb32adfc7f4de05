import { TrainerError } from '../../../core/errors.ts';
import type { CategoryFeature, Features, NumberFeature } from '../../learn/learner.ts';
import { columnOf } from '../rows.ts';
import type { Column, Table } from '../table.ts';
import { isMissing } from './cells.ts';
import { datetimePart } from './datetime-parts.ts';
import { missingCategory } from './missing-category.ts';
import type { Preparation } from './preparation.ts';

/** Code of a missing category. */
export const missingCode = 0;
/** Code of a category outside the dictionary. */
export const otherCode = 1;

/**
 * Makes the features of a table, equal to what the graph of {@link preparationToGraph} computes from the same values.
 *
 * Numbers are rounded to float32; one whose rounding is infinite is missing, as an infinite input is in the graph.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN where a prepared column is not in the table; DATA_FORMAT where its kind differs.
 */
export function applyPreparation(table: Table, preparation: Preparation): Features {
  const { rowCount } = table;
  const numbers: NumberFeature[] = [];
  const categories: CategoryFeature[] = [];
  for (const prepared of preparation.columns) {
    const column = columnOf(table, prepared.column);
    if (column.kind !== prepared.kind) {
      throw new TrainerError(
        'DATA_FORMAT',
        `Expected the column ${JSON.stringify(column.name)} to be of kind ${prepared.kind}, got ${column.kind}. Give values of the kind that the model was trained on.`,
        { details: { column: column.name, expected: prepared.kind, received: column.kind } },
      );
    }
    switch (column.kind) {
      case 'number':
      case 'boolean': {
        const { values } = column;
        numbers.push({ name: column.name, values: fill(column, rowCount, (row) => values[row]!) });
        break;
      }
      case 'datetime': {
        const { values } = column;
        if (prepared.kind !== 'datetime') break;
        for (const part of prepared.parts) {
          const feature = fill(column, rowCount, (row) => datetimePart(Math.floor(values[row]!), part));
          numbers.push({ name: `${column.name}.${part}`, values: feature });
        }
        break;
      }
      case 'category':
        if (prepared.kind === 'category') categories.push(encode(column, rowCount, prepared.dictionary));
        break;
    }
  }
  return { rowCount, numbers, categories };
}

function fill(column: Column, rowCount: number, value: (row: number) => number): Float32Array {
  const filled = new Float32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const rounded = isMissing(column, row) ? Number.NaN : Math.fround(value(row));
    filled[row] = Number.isFinite(rounded) ? rounded : Number.NaN;
  }
  return filled;
}

function encode(
  column: Column & { kind: 'category' },
  rowCount: number,
  dictionary: readonly string[],
): CategoryFeature {
  const codeOf = new Map(dictionary.map((value, index) => [value, index + 2]));
  codeOf.set(missingCategory, missingCode);
  const recoded = Int32Array.from(column.dictionary, (value) => codeOf.get(value) ?? otherCode);
  const codes = new Int32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    codes[row] = isMissing(column, row) ? missingCode : recoded[column.codes[row]!]!;
  }
  return { name: column.name, codes, size: dictionary.length + 2 };
}
