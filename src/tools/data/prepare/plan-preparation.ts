import { columnOf } from '../rows.ts';
import type { CategoryColumn, Column, Table } from '../table.ts';
import { countMissing, isMissing } from './cells.ts';
import { datetimePart, datetimeParts } from './datetime-parts.ts';
import { isStorable, missingCategory } from './missing-category.ts';
import type { DatetimePart, Preparation, PreparedColumn } from './preparation.ts';

/** Limits of a preparation. */
export interface PreparationOptions {
  /** Rows that a category needs to be stored in the model, so that no value names a person. @default 10 */
  readonly minCategoryCount?: number;
  /**
   * Values of one column that are stored, the most frequent first: with the codes for missing and other, 255 codes fill
   * the bins of the trees' histograms. @default 253
   */
  readonly maxCategories?: number;
}

/** What became of one category column. */
export interface PreparedCategories {
  readonly column: string;
  /** Values in the dictionary. */
  readonly kept: number;
  /** Values that are too rare, or beyond the limit; they share the code for other. */
  readonly pooled: number;
  /** Rows with a pooled value. */
  readonly pooledRows: number;
}

/** A preparation, with what was left out and why. */
export interface PreparationPlan {
  readonly preparation: Preparation;
  /** Columns of no use to a model, with the reason. */
  readonly setAside: readonly {
    readonly column: string;
    readonly reason: 'text' | 'constant' | 'all-missing' | 'all-rare';
    /** Rows with a value. */
    readonly rows: number;
  }[];
  readonly categories: readonly PreparedCategories[];
}

/**
 * Decides how columns become features, from learning rows alone.
 *
 * Numbers and booleans pass; datetimes become the parts that vary; categories get a dictionary of their frequent values,
 * by falling count, then by UTF-16 code units.
 *
 * @param table - rows to learn from; no other row may influence a preparation.
 * @param columns - names of the columns that the model may use, in the order of features.
 * @throws {TrainerError} COLUMN_UNKNOWN for a name that the table does not have.
 */
export function planPreparation(
  table: Table,
  columns: readonly string[],
  options: PreparationOptions = {},
): PreparationPlan {
  const prepared: PreparedColumn[] = [];
  const setAside: PreparationPlan['setAside'][number][] = [];
  const categories: PreparedCategories[] = [];
  for (const name of columns) {
    const column = columnOf(table, name);
    const rows = table.rowCount - countMissing(column, table.rowCount);
    const skip = (reason: PreparationPlan['setAside'][number]['reason']): void => {
      setAside.push({ column: name, reason, rows });
    };
    if (column.kind === 'text') skip('text');
    else if (rows === 0) skip('all-missing');
    else if (column.kind === 'category') {
      const { dictionary, report } = planDictionary(column, table.rowCount, options);
      categories.push(report);
      if (dictionary.length > 0 || (report.pooledRows > 0 && rows < table.rowCount)) {
        prepared.push({ column: name, kind: 'category', dictionary });
      } else skip('all-rare');
    } else if (column.kind === 'datetime') {
      const parts = varyingParts(column, table.rowCount);
      if (parts.length > 0) prepared.push({ column: name, kind: 'datetime', parts });
      else skip('constant');
    } else prepared.push({ column: name, kind: column.kind });
  }
  return { preparation: { formatVersion: 1, columns: prepared }, setAside, categories };
}

function planDictionary(
  column: CategoryColumn,
  rowCount: number,
  options: PreparationOptions,
): { dictionary: string[]; report: PreparedCategories } {
  const { minCategoryCount = 10, maxCategories = 253 } = options;
  const counts = new Map<string, number>();
  for (let row = 0; row < rowCount; row++) {
    if (isMissing(column, row)) continue;
    const value = column.dictionary[column.codes[row]!]!;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  counts.delete(missingCategory);
  const dictionary = [...counts]
    .filter(([value, count]) => count >= minCategoryCount && isStorable(value))
    .sort(([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1))
    .slice(0, maxCategories)
    .map(([value]) => value);
  const kept = new Set(dictionary);
  let pooledRows = 0;
  for (const [value, count] of counts) if (!kept.has(value)) pooledRows += count;
  return {
    dictionary,
    report: { column: column.name, kept: kept.size, pooled: counts.size - kept.size, pooledRows },
  };
}

/**
 * Parts that differ between rows. The weekday only where the day of the month does too: of data by month or year it is an
 * accident of the calendar.
 */
function varyingParts(column: Column & { kind: 'datetime' }, rowCount: number): DatetimePart[] {
  const first = new Map<DatetimePart, number>();
  const varying = new Set<DatetimePart>();
  for (let row = 0; row < rowCount && varying.size < datetimeParts.length; row++) {
    if (isMissing(column, row)) continue;
    for (const part of datetimeParts) {
      if (varying.has(part)) continue;
      const value = datetimePart(column.values[row]!, part);
      const earlier = first.get(part);
      if (earlier === undefined) first.set(part, value);
      else if (earlier !== value) varying.add(part);
    }
  }
  if (!varying.has('day')) varying.delete('weekday');
  return datetimeParts.filter((part) => varying.has(part));
}
