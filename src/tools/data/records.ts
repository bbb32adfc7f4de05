import { setImmediate as nextTurn } from 'node:timers/promises';
import { TrainerError } from '../../core/errors.ts';
import { type FinishedColumn, finishColumn } from './columns/finish-column.ts';
import { uniqueNames } from './columns/unique-names.ts';
import { ValueBuilder } from './columns/value-builder.ts';
import { mixPosition } from './csv/byte-values.ts';
import { maxColumns } from './csv/inspect-csv.ts';
import { maxListedRows } from './csv/parser-options.ts';
import type { ReadReport, SetAside, SourceFormat } from './read-report.ts';
import type { ReadContext, ReadOptions, ReadResult, RecordSource } from './read-table.ts';
import { reservoir } from './reservoir.ts';

/** What a reader of a file adds to the report of its records. */
export interface RecordFacts {
  readonly format: SourceFormat;
  readonly bytes?: number;
  readonly blankLines?: () => number;
  /** Share of the records to keep, where the source is too large. @default 1 */
  readonly share?: number;
}

/** Stands in a source of records for a row that was no record. */
export const notARecord: unique symbol = Symbol('not a record');

/**
 * Makes a table of records: objects whose keys are the columns, in the order in which keys first appear. Values that are
 * no plain object are set aside and counted.
 *
 * @throws {TrainerError} DATA_EMPTY, DATA_FORMAT, DATA_TOO_WIDE
 */
export async function readRecords(
  records: RecordSource,
  options: ReadOptions,
  context: ReadContext,
  facts: RecordFacts = { format: 'records' },
): Promise<ReadResult> {
  const columns = new Map<string, ValueBuilder>();
  const bad: number[] = [];
  let [rowsRead, rowCount, badCount] = [0, 0, 0];
  const share = facts.share ?? shareOf(records, options);
  const keepBelow = share >= 1 ? 4294967296 : Math.floor(share * 4294967296);
  let leftOut = 0;
  const { maxRows } = options;
  const held =
    facts.share === undefined && maxRows !== undefined && !Array.isArray(records) ? reservoir(maxRows) : undefined;
  const take = (record: unknown): void => {
    rowsRead++;
    if (held !== undefined) {
      held.put(rowsRead, record);
      return;
    }
    if (share < 1 && mixPosition(rowsRead) >= keepBelow) {
      leftOut++;
      return;
    }
    keep(record, rowsRead);
  };
  const keep = (record: unknown, row: number): void => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      badCount++;
      if (bad.length < maxListedRows) bad.push(row);
      return;
    }
    for (const key of Object.keys(record)) {
      let column = columns.get(key);
      if (column === undefined) {
        if (columns.size >= maxColumns) throw tooWide();
        column = new ValueBuilder(options.missing ?? []);
        columns.set(key, column);
      }
      column.put(rowCount, (record as Record<string, unknown>)[key]);
    }
    rowCount++;
  };
  if (Symbol.asyncIterator in records) {
    for await (const record of records) {
      take(record);
      if (rowsRead % 10_000 === 0) context.signal?.throwIfAborted();
    }
  } else {
    for (const record of records) {
      take(record);
      if (rowsRead % 10_000 === 0) await nextTurn();
      if (rowsRead % 10_000 === 0) context.signal?.throwIfAborted();
    }
  }
  const sampled = held?.take() ?? [];
  for (const [index, { row, record }] of sampled.entries()) {
    keep(record, row);
    if (index % 10_000 === 9_999) await nextTurn();
  }
  if (held !== undefined) leftOut = rowsRead - sampled.length;
  if (rowsRead === 0 || (rowCount > 0 && columns.size === 0)) {
    throw new TrainerError(
      'DATA_EMPTY',
      'Expected records with at least one field, got none. Give each row as { column: value }.',
      {
        details: { rowsRead },
      },
    );
  }
  if (rowCount === 0 && badCount === 0) {
    throw new TrainerError(
      'DATA_EMPTY',
      `Expected records, got none of ${rowsRead} that could be kept. Give each row as { column: value }.`,
      {
        details: { rowsRead, leftOut },
      },
    );
  }
  if (badCount * 2 > rowsRead - leftOut) {
    throw new TrainerError(
      'DATA_FORMAT',
      `Expected records (objects of values by column), got something else in ${badCount} of ${rowsRead} rows. Give each row as { column: value }.`,
      { details: { rowsRead, setAside: badCount } },
    );
  }
  const { names, renamed } = uniqueNames([...columns.keys()]);
  const finished: FinishedColumn[] = [];
  for (const [index, builder] of [...columns.values()].entries()) {
    finished.push(finishColumn(names[index]!, builder.finish(rowCount), rowCount, { missing: options.missing ?? [] }));
    await nextTurn();
  }
  const setAside: SetAside[] = badCount === 0 ? [] : [{ reason: 'not-a-record', count: badCount, rows: bad }];
  const report: ReadReport = {
    formatVersion: 1,
    format: facts.format,
    ...(facts.bytes !== undefined && { bytes: facts.bytes }),
    rowsRead,
    rowsKept: rowCount,
    setAside,
    blankLines: facts.blankLines?.() ?? 0,
    ...(leftOut > 0 || share < 1
      ? { sample: { share: held === undefined ? share : sampled.length / rowsRead, rowsLeftOut: leftOut } }
      : {}),
    columns: finished.map((column) => column.report),
    renamed,
  };
  return { table: { rowCount, columns: finished.map(({ column }) => column) }, report };
}

/** Only an array tells beforehand how many records there are; of other sources a reservoir is kept. */
function shareOf(records: RecordSource, { maxRows }: ReadOptions): number {
  return Array.isArray(records) && maxRows !== undefined && records.length > 0
    ? Math.min(1, maxRows / records.length)
    : 1;
}

function tooWide(): TrainerError {
  return new TrainerError(
    'DATA_TOO_WIDE',
    `Expected at most ${maxColumns} columns, got more keys in the records. Leave keys out.`,
    {
      details: { limit: maxColumns },
    },
  );
}
