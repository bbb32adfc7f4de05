import { TrainerError } from './errors.ts';
import type { Blobs } from './helpers/blobs.ts';
import { untilAborted } from './helpers/until-aborted.ts';
import type { DataRecord } from './request.ts';

/** Bytes of one piece of the spool. */
const pieceBytes = 1 << 20;
/** Milliseconds of work before other work of the host may run. */
const sliceMs = 8;

function lineOf(record: DataRecord, row: number): string {
  const unfit = (what: string, cause?: unknown) =>
    new TrainerError(
      'DATA_FORMAT',
      `Expected values that JSON can hold, got ${what} in record ${row}. Give texts, numbers, booleans, dates or null.`,
      {
        cause,
        details: { row },
      },
    );
  let line: string | undefined;
  try {
    line = JSON.stringify(record, (key, value: unknown) => {
      if (typeof value === 'bigint') return value.toString();
      if (typeof value === 'function' || typeof value === 'symbol') throw unfit(`a ${typeof value} ("${key}")`);
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) throw unfit(`infinity ("${key}")`);
      return value; // NaN becomes null: a missing value
    });
  } catch (cause) {
    throw TrainerError.isInstance(cause) ? cause : unfit('a value without a form', cause); // a circle, a throwing getter
  }
  if (line?.startsWith('{') !== true) throw unfit('an object that turns itself into something else');
  return line;
}

/**
 * Writes records into the store as lines of JSON while they are read, so that a resumed run needs them no more.
 *
 * @throws {TrainerError} DATA_FORMAT for a record that is no object or a value that JSON can't hold,
 *   DATA_NOT_READABLE where the iterable throws
 */
export async function spoolRecords(
  records: Iterable<DataRecord> | AsyncIterable<DataRecord>,
  blobs: Blobs,
  signal: AbortSignal,
): Promise<string> {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let lines: string[] = [];
  let length = 0;
  let row = 0;
  let slice = performance.now();
  const add = (record: DataRecord) => {
    row++;
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new TrainerError(
        'DATA_FORMAT',
        `Expected record ${row} to be an object of values by column, got ${Array.isArray(record) ? 'an array' : record === null ? 'null' : typeof record}. Give each row as { column: value }.`,
        { details: { row } },
      );
    }
    const line = lineOf(record, row);
    lines.push(line);
    length += line.length;
    if (length >= pieceBytes) flush();
  };
  const flush = () => {
    if (lines.length > 0) pieces.push(encoder.encode(`${lines.join('\n')}\n`));
    lines = [];
    length = 0;
  };
  const pause = async () => {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
    slice = performance.now();
  };
  const readAll = async () => {
    if (Symbol.iterator in records) {
      // Without a promise a record: a million awaits cost more than the work.
      for (const record of records) {
        add(record);
        if ((row & 63) === 0 && performance.now() - slice > sliceMs) await pause();
      }
    } else {
      for await (const record of records) {
        add(record);
        if (performance.now() - slice > sliceMs) await pause();
      }
    }
  };
  try {
    await untilAborted(readAll(), signal); // an iterable that waits for ever must not keep an aborted run
  } catch (cause) {
    if (signal.aborted || TrainerError.isInstance(cause)) throw cause;
    throw new TrainerError(
      'DATA_NOT_READABLE',
      `Expected to read the records to their end, but the iterable threw after ${row} records; the cause has its error. Mend what it reads from, and start again.`,
      { cause, details: { row } },
    );
  }
  signal.throwIfAborted();
  if (row === 0) throw new TrainerError('DATA_EMPTY', 'Expected records, got none. Pass at least 20.');
  flush();
  return blobs.put(pieces);
}
