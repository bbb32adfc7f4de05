import type { SignatureInput } from '../../../onnx/signature.ts';
import { columnOf } from '../rows.ts';
import type { Column, Table } from '../table.ts';
import { isMissing } from './cells.ts';
import type { Preparation } from './preparation.ts';

/**
 * The inputs of a model's signature, in the order of the preparation's columns, with ranges (1 % and 99 % quantiles) of
 * the given rows. A column's index is its place in its tensor, as {@link preparationToGraph} reads it.
 */
export function signatureInputs(table: Table, preparation: Preparation): SignatureInput[] {
  const next = { numbers: 0, categories: 0, datetimes: 0 };
  return preparation.columns.map((prepared): SignatureInput => {
    const column = columnOf(table, prepared.column);
    const { name } = column;
    if (prepared.kind === 'category') {
      return {
        name,
        kind: 'category',
        tensor: 'categories',
        index: next.categories++,
        categories: prepared.dictionary,
      };
    }
    if (column.kind === 'boolean') {
      return { name, kind: 'boolean', tensor: 'numbers', index: next.numbers++, labels: column.labels };
    }
    const values = presentValues(column, table.rowCount);
    const range = [quantile(values, 0.01), quantile(values, 0.99)] as const;
    if (prepared.kind === 'datetime') {
      return {
        name,
        kind: 'datetime',
        tensor: 'datetimes',
        index: next.datetimes++,
        range: [Math.round(range[0]), Math.round(range[1])],
      };
    }
    const unit = column.kind === 'number' && column.unit !== undefined ? { unit: column.unit } : {};
    const integers = values.every(Number.isInteger);
    return { name, kind: 'number', tensor: 'numbers', index: next.numbers++, ...unit, integers, range };
  });
}

function presentValues(column: Column, rowCount: number): Float64Array {
  if (column.kind !== 'number' && column.kind !== 'datetime') return new Float64Array(0);
  const values = new Float64Array(rowCount);
  let count = 0;
  for (let row = 0; row < rowCount; row++) if (!isMissing(column, row)) values[count++] = column.values[row]!;
  return values.subarray(0, count).sort();
}

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996), of sorted values; 0 where there are none. */
export function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return 0;
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}
