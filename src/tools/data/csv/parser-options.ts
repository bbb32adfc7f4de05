import { TrainerError } from '../../../core/errors.ts';
import type { ScanKind, SharedColumns } from './column-store.ts';

/** Greatest number of bytes of one field. */
export const maxFieldBytes = 16 << 20;
/** How many row numbers a report keeps of the rows that were set aside for one reason. */
export const maxListedRows = 20;

/** What the parser must know of a file. */
export interface ParserOptions {
  /** Bytes. */
  readonly delimiter: number;
  /** A byte, or −1 where nothing is quoted. */
  readonly quote: number;
  readonly kinds: readonly ScanKind[];
  readonly missing: readonly string[];
  /** Rows to make room for. */
  readonly capacity: number;
  readonly shared?: SharedColumns | undefined;
  /** Keep a row only where the hash of its byte position is below this; 2³² keeps all. */
  readonly sampleBelow: number;
}

/** Rows that do not have the header's number of fields. Row numbers count the data's rows from 1. */
export interface RaggedRows {
  count: number;
  readonly rows: number[];
}

/** The error of a field beyond {@link maxFieldBytes}. */
export function fieldTooLong(record: number): TrainerError {
  return new TrainerError(
    'DATA_TOO_WIDE',
    `A field near row ${record} has more than ${maxFieldBytes} bytes (16 MiB), the greatest that is read. ` +
      'Look for a quote that is never closed, or leave the column out.',
    { details: { row: record, limitBytes: maxFieldBytes } },
  );
}
