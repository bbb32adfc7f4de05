import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { TrainerError } from '../../../core/errors.ts';
import type { RawTexts } from '../columns/texts.ts';
import { scanKind } from './column-store.ts';
import { CsvParser } from './csv-parser.ts';
import type { ParserOptions, RaggedRows } from './parser-options.ts';

/** Greatest number of bytes of one row. */
export const maxRowBytes = 64 << 20;
const pieceBytes = 4 << 20;

/** Where the bytes are: in a file, or in memory where they had to be recoded. */
export type ByteSource = { readonly path: string } | { readonly bytes: Uint8Array };

/** A range of a source that starts at a row's start. */
export interface ScanRange {
  readonly from: number;
  readonly to: number;
  /** The source ends at `to`, so that its last row may lack a line end. */
  readonly isLast: boolean;
}

/** One column of a {@link ScanResult}; plain data, so that it crosses threads. */
export interface ScannedColumn {
  readonly kind: number;
  /** Present unless the values lie in the shared memory. */
  readonly values?: Float64Array;
  readonly texts?: RawTexts;
  /** Bits, 1 where missing. */
  readonly missing: Uint8Array;
  readonly spellings: ReadonlyMap<string, number>;
  readonly isMisfit: boolean;
}

/** What one range gave. */
export interface ScanResult {
  readonly rowCount: number;
  readonly recordCount: number;
  readonly blankLines: number;
  readonly leftOut: number;
  readonly nulBytes: number;
  readonly tooFew: RaggedRows;
  readonly tooMany: RaggedRows;
  readonly doubt?: string;
  /** The bytes are no UTF-8. */
  readonly isMisencoded: boolean;
  /** Where reading stopped; a range that was cut well is read to its end. */
  readonly stoppedAt: number;
  readonly columns: readonly ScannedColumn[];
}

/** Reads a range piece by piece, yielding between pieces so that a host's event loop may run. */
export function* scanRange(
  source: ByteSource,
  range: ScanRange,
  options: ParserOptions,
): Generator<undefined, ScanResult> {
  const parser = new CsvParser(options);
  const file = 'path' in source ? openSync(source.path, 'r') : undefined;
  let buffer = Buffer.allocUnsafeSlow(pieceBytes + 64);
  let have = 0;
  let position = range.from;
  let nulBytes = 0;
  let isMisencoded = false;
  try {
    while (position < range.to || have > 0) {
      const room = Math.min(buffer.length - 64 - have, range.to - position);
      const read = room > 0 ? readInto(source, file, buffer, have, room, position) : 0;
      if (room > 0 && read === 0) break;
      position += read;
      have += read;
      const isDone = position >= range.to;
      const end = isDone ? have : buffer.lastIndexOf(10, have - 1) + 1;
      let next = 0;
      if (end > 0) {
        const fresh = buffer.subarray(0, end);
        if (!isUtf8(fresh)) {
          isMisencoded = true;
          break;
        }
        const held = [buffer[end]!, buffer[end + 1]!, buffer[end + 2]!] as const;
        next = parser.parse(buffer, 0, end, isDone && range.isLast, position - have);
        [buffer[end], buffer[end + 1], buffer[end + 2]] = held;
        if (parser.doubt !== undefined) break;
        // The parser may put a line's end behind a last row that has none: that is no byte of the file.
        const parsed = Math.min(next, end);
        for (let at = buffer.indexOf(0); at >= 0 && at < parsed; at = buffer.indexOf(0, at + 1)) nulBytes++;
      }
      if (isDone) {
        position -= have - next;
        break;
      }
      if (next === 0 && have >= buffer.length - 64) {
        if (buffer.length > maxRowBytes) throw rowTooLong(parser.recordCount + 1);
        const grown = Buffer.allocUnsafeSlow(buffer.length * 2);
        buffer.copy(grown, 0, 0, have);
        buffer = grown;
        continue;
      }
      buffer.copyWithin(0, next, have);
      have -= next;
      yield;
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return { ...resultOf(parser, options.shared !== undefined), nulBytes, isMisencoded, stoppedAt: position };
}

function readInto(
  source: ByteSource,
  file: number | undefined,
  buffer: Buffer,
  at: number,
  length: number,
  position: number,
): number {
  if (file !== undefined) return readSync(file, buffer, at, length, position);
  const { bytes } = source as { bytes: Uint8Array };
  buffer.set(bytes.subarray(position, position + length), at);
  return Math.min(length, bytes.length - position);
}

/** The error of a row beyond {@link maxRowBytes}. */
export function rowTooLong(record: number): TrainerError {
  return new TrainerError(
    'DATA_TOO_WIDE',
    `Row ${record} has more than ${maxRowBytes} bytes (64 MiB), the greatest that is read. ` +
      'Look for a quote that is never closed or a missing line end.',
    { details: { row: record, limitBytes: maxRowBytes } },
  );
}

function resultOf(parser: CsvParser, isShared: boolean) {
  const { store, rowCount } = parser;
  const columns = Array.from(store.kinds, (kind, column): ScannedColumn => {
    const isMisfit = store.misfits[column] === 1;
    const base = {
      kind,
      missing: store.missing[column]!.bytes,
      spellings: store.spellings[column]!,
      isMisfit,
    };
    if (kind === scanKind.skip) return base;
    if (kind === scanKind.codes || kind === scanKind.bytes) return { ...base, texts: store.texts(column, rowCount) };
    const values = store.values[column] as Float64Array;
    return isShared && !store.hasMoved ? base : { ...base, values: values.subarray(0, rowCount) };
  });
  const { recordCount, blankLines, leftOut, tooFew, tooMany, doubt } = parser;
  return {
    rowCount,
    recordCount,
    blankLines,
    leftOut,
    tooFew,
    tooMany,
    columns,
    ...(doubt !== undefined && { doubt }),
  };
}
