import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { MissingRows } from '../data/columns/bitmap.ts';
import type { RawColumn } from '../data/columns/finish-column.ts';
import { type ScanKind, scanKind } from '../data/csv/column-store.ts';
import { CsvParser } from '../data/csv/csv-parser.ts';
import type { CsvLayout } from '../data/csv/inspect-csv.ts';
import type { RaggedRows } from '../data/csv/parser-options.ts';
import { maxRowBytes, rowTooLong } from '../data/csv/scan.ts';

/** Some rows of a file, in the file's order. */
export interface CsvPiece {
  readonly rowCount: number;
  /** As asked, in the order of the columns that were asked for. */
  readonly columns: readonly RawColumn[];
  /** Rows of the file before these, those set aside included. */
  readonly firstRecord: number;
  readonly tooFew: RaggedRows;
  readonly tooMany: RaggedRows;
}

/** A column to read: where it stands in the file, and how it is read as long as its values fit. */
export interface WantedColumn {
  readonly position: number;
  readonly kind: ScanKind;
}

/** Where reading by the strict rules ended: at the end, or at a row whose quotes are in doubt. */
export interface CsvEnd {
  readonly doubt?: string;
  /** Bytes before the row in doubt, and rows of data before it. */
  readonly position: number;
  readonly records: number;
}

const pieceBytes = 4 << 20;

/** Whether a file is UTF-8 from its start to its end. */
export async function isUtf8File(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(pieceBytes);
    let have = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, have, buffer.length - have);
      have += bytesRead;
      if (bytesRead === 0) return isUtf8(buffer.subarray(0, have));
      // A character may be cut at the end: its bytes wait for the rest.
      let end = have;
      while (end > Math.max(0, have - 4) && buffer[end - 1]! >= 0x80) end--;
      if (!isUtf8(buffer.subarray(0, end))) return false;
      buffer.copyWithin(0, end, have);
      have -= end;
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads the rows of a CSV file piece by piece into typed columns: memory does not grow with the file. A column whose values do not fit
 * its kind in a piece is read as text there.
 *
 * @throws {TrainerError} DATA_TOO_WIDE, DATA_NOT_READABLE
 */
export async function* csvPieces(
  path: string,
  layout: CsvLayout,
  wanted: readonly WantedColumn[],
  signal?: AbortSignal,
): AsyncGenerator<CsvPiece, CsvEnd> {
  const file = await open(path, 'r');
  try {
    let buffer = Buffer.allocUnsafeSlow(pieceBytes + 64);
    let [have, position, records] = [0, layout.dataStart, 0];
    for (;;) {
      signal?.throwIfAborted();
      const bytesRead = await fill(file, buffer, have, position + have);
      have += bytesRead;
      const isLast = have < buffer.length - 64;
      const end = isLast ? have : buffer.lastIndexOf(10, have - 1) + 1;
      const read = end === 0 ? undefined : parse(buffer, end, isLast, layout, wanted);
      if (read !== undefined && (read.piece.rowCount > 0 || read.records > 0)) {
        yield { ...read.piece, firstRecord: records };
        records += read.records;
      }
      const next = read?.next ?? 0;
      if (read?.doubt !== undefined) return { doubt: read.doubt, position: position + next, records };
      if (isLast) return { position: position + next, records };
      if (next === 0) {
        if (buffer.length > maxRowBytes) throw rowTooLong(records + 1);
        const grown = Buffer.allocUnsafeSlow(buffer.length * 2);
        buffer.copy(grown, 0, 0, have);
        buffer = grown;
        continue;
      }
      buffer.copyWithin(0, next, have);
      have -= next;
      position += next;
    }
  } finally {
    await file.close();
  }
}

/** Reads until the buffer is full but for the parser's sentinels, or the file ends. */
async function fill(file: FileHandle, buffer: Buffer, have: number, position: number): Promise<number> {
  let got = 0;
  for (;;) {
    const room = buffer.length - 64 - have - got;
    if (room === 0) return got;
    const { bytesRead } = await file.read(buffer, have + got, room, position + got);
    if (bytesRead === 0) return got;
    got += bytesRead;
  }
}

function parse(buffer: Buffer, end: number, isLast: boolean, layout: CsvLayout, wanted: readonly WantedColumn[]) {
  const { delimiter, quote } = layout.dialect;
  const perRow = layout.names.length * 2;
  const pass = (kinds: readonly ScanKind[], capacity: number): { parser: CsvParser; next: number } => {
    const parser = new CsvParser({
      delimiter: delimiter.charCodeAt(0),
      quote: quote === '' ? -1 : quote.charCodeAt(0),
      kinds,
      missing: [],
      capacity,
      sampleBelow: 4294967296,
    });
    const held = [buffer[end]!, buffer[end + 1]!, buffer[end + 2]!] as const;
    const next = Math.min(end, parser.parse(buffer, 0, end, isLast, 0));
    [buffer[end], buffer[end + 1], buffer[end + 2]] = held;
    return { parser, next };
  };
  const kindsOf = (kindAt: (column: WantedColumn) => ScanKind): ScanKind[] => {
    const kinds: ScanKind[] = layout.names.map(() => scanKind.skip);
    for (const column of wanted) kinds[column.position] = kindAt(column);
    return kinds;
  };
  const first = pass(
    kindsOf(({ kind }) => kind),
    Math.ceil(Math.min(end / perRow, layout.estimatedRows) / 2) + 64,
  );
  const { store, rowCount, recordCount, tooFew, tooMany, doubt } = first.parser;
  const isMisfit = ({ position }: WantedColumn): boolean => store.misfits[position] === 1;
  const again = wanted.some(isMisfit)
    ? pass(
        kindsOf((column) => (isMisfit(column) ? scanKind.codes : scanKind.skip)),
        rowCount + 64,
      ).parser.store
    : store;
  const columns = wanted.map((column): RawColumn => {
    const from = isMisfit(column) ? again : store;
    const { position } = column;
    const kind = from.kinds[position];
    if (kind === scanKind.codes || kind === scanKind.bytes) return from.texts(position, rowCount);
    return {
      type: kind === scanKind.number ? 'number' : 'datetime',
      values: from.values[position] as Float64Array,
      missing: from.missing[position] ?? new MissingRows(),
      spellings: new Map(),
    };
  });
  return { piece: { rowCount, columns, tooFew, tooMany }, records: recordCount, next: first.next, doubt };
}
