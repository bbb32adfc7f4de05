import type { Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { parseValue } from '../data/columns/parse-value.ts';
import { isMissing } from '../data/prepare/cells.ts';
import { classLabels } from '../data/prepare/encode-target.ts';
import type { CategoryColumn, Column, Table } from '../data/table.ts';
import { formatOf } from './column-formats.ts';
import { recordError, reservedProblem, valueProblem } from './encode-records.ts';
import { createInputTensors, type InputTensors, toCategory, toFloat32 } from './input-tensors.ts';

/** Which rows of a table: all, or by number, in this order. */
export type RowSelection = ArrayLike<number> | { readonly from: number; readonly to: number };

/** A selection as a count and the table's row at each position. */
function selection(table: Table, rows: RowSelection | undefined): { count: number; rowAt(position: number): number } {
  if (rows === undefined) return { count: table.rowCount, rowAt: (position) => position };
  if ('length' in rows) return { count: rows.length, rowAt: (position) => rows[position]! };
  const { from, to } = rows;
  return { count: to - from, rowAt: (position) => from + position };
}

type Rows = ReturnType<typeof selection>;

/** Numbers and booleans: a strided copy. */
function fillNumbers(
  target: InputTensors,
  input: SignatureInput,
  column: Column & { values: ArrayLike<number> },
  rows: Rows,
): void {
  const { data, width } = target.numbers;
  const { values } = column;
  for (let i = 0, at = input.index; i < rows.count; i++, at += width) {
    const row = rows.rowAt(i);
    if (!isMissing(column, row)) data[at] = toFloat32(values[row]!);
  }
}

/** Categories: each dictionary entry is made ready once. */
function fillCategories(
  target: InputTensors,
  input: SignatureInput,
  column: CategoryColumn,
  rows: Rows,
  reserved: string,
): void {
  const { data, width } = target.categories;
  const entries = column.dictionary.map(toCategory);
  const refused = entries.indexOf(reserved);
  for (let i = 0, at = input.index; i < rows.count; i++, at += width) {
    const row = rows.rowAt(i);
    if (isMissing(column, row)) continue;
    const code = column.codes[row]!;
    if (code === refused) throw recordError([reservedProblem(row, input)]);
    data[at] = entries[code]!;
  }
}

/** The cell of any column as a value that a record could have. */
function cellOf(column: Column): (row: number) => unknown {
  if (column.kind === 'boolean') return (row) => column.values[row] === 1;
  if (column.kind === 'datetime') return (row) => new Date(column.values[row]!);
  if (column.kind === 'number') return (row) => column.values[row]!;
  return classLabels(column);
}

/**
 * A column whose kind is not the model's (a file that was read by itself: numbers that look like categories, or the
 * other way round): its cells are read as those of records are.
 */
function fillParsed(target: InputTensors, input: SignatureInput, column: Column, rows: Rows, reserved: string): void {
  const format = formatOf(input);
  const cell = input.kind === 'category' ? classLabels(column) : cellOf(column);
  for (let i = 0; i < rows.count; i++) {
    const row = rows.rowAt(i);
    if (isMissing(column, row)) continue;
    const value = parseValue(cell(row), format);
    if (value === null) continue;
    if (value === undefined)
      throw recordError([valueProblem(row, input, `a ${column.kind} value that can not be read as one`)]);
    if (value === reserved) throw recordError([reservedProblem(row, input)]);
    if (typeof value === 'string') target.setCategory(i, input, value);
    else if (input.kind === 'datetime') target.setDatetime(i, input, value);
    else target.setNumber(i, input, value);
  }
}

/**
 * Encodes rows of a table for a model, column by column.
 *
 * @throws {TrainerError} RECORD_INVALID where a column of the model is not in the table or holds what it can't take.
 */
export function encodeTableForModel(signature: ModelSignature, table: Table, rows?: RowSelection): Tensors {
  const taken = selection(table, rows);
  const target = createInputTensors(signature, taken.count);
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  for (const input of signature.inputs) {
    const column = byName.get(input.name);
    if (column === undefined) {
      throw new TrainerError(
        'RECORD_INVALID',
        `Expected the data to have the column ${JSON.stringify(input.name)}, which the model takes, got ${table.columns.length} columns without it. Add it, with empty values where they are not known.`,
        { details: { column: input.name } },
      );
    }
    if ((input.kind === 'number' || input.kind === 'boolean') && column.kind === input.kind) {
      fillNumbers(target, input, column, taken);
    } else if (input.kind === 'category' && column.kind === 'category') {
      fillCategories(target, input, column, taken, signature.missingCategory);
    } else if (input.kind === 'datetime' && column.kind === 'datetime') {
      for (let i = 0; i < taken.count; i++) {
        const row = taken.rowAt(i);
        if (!isMissing(column, row)) target.setDatetime(i, input, column.values[row]!);
      }
    } else fillParsed(target, input, column, taken, signature.missingCategory);
  }
  return target.tensors();
}
