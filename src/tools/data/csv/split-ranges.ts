import { closeSync, openSync, readSync } from 'node:fs';
import { scanKind } from './column-store.ts';
import { CsvParser } from './csv-parser.ts';
import type { CsvLayout } from './inspect-csv.ts';
import type { ScanRange } from './scan.ts';

const windowBytes = 1 << 18;
const triedStarts = 64;

/**
 * Cuts a file into ranges of whole rows, one a thread.
 *
 * A cut is put after a line end from which the next rows have the right width. That can still be inside a quoted field;
 * whoever reads the range before it finds out, because its last row then does not end there.
 */
export function splitRanges(
  source: { readonly path: string },
  whole: ScanRange,
  layout: CsvLayout,
  options: { readonly threads: number; readonly bytesPerThread?: number | undefined },
): ScanRange[] {
  const least = options.bytesPerThread ?? 2 << 20;
  const length = whole.to - whole.from;
  const count = Math.min(options.threads, Math.floor(length / least));
  if (count < 2) return [whole];
  const file = openSync(source.path, 'r');
  try {
    const ranges: ScanRange[] = [];
    let from = whole.from;
    for (let index = 1; index < count; index++) {
      const cut = findRowStart(file, whole.from + Math.floor((length * index) / count), whole.to, layout);
      if (cut === undefined || cut <= from || cut >= whole.to) continue;
      ranges.push({ from, to: cut, isLast: false });
      from = cut;
    }
    return [...ranges, { from, to: whole.to, isLast: true }];
  } finally {
    closeSync(file);
  }
}

function findRowStart(file: number, near: number, end: number, layout: CsvLayout): number | undefined {
  const buffer = Buffer.alloc(windowBytes + 3);
  const have = readSync(file, buffer, 0, Math.min(windowBytes, end - near), near);
  const last = buffer.lastIndexOf(10, have - 1) + 1;
  let start = buffer.indexOf(10) + 1;
  for (let tried = 0; tried < triedStarts && start > 0 && start < last; tried++) {
    const parser = new CsvParser({
      delimiter: layout.dialect.delimiter.charCodeAt(0),
      quote: layout.dialect.quote === '' ? -1 : layout.dialect.quote.charCodeAt(0),
      kinds: layout.names.map(() => scanKind.skip),
      missing: [],
      capacity: 1,
      sampleBelow: 4294967296,
    });
    // A few rows tell; the copy is for the parser's sentinels.
    const until = buffer.indexOf(10, Math.min(start + (windowBytes >> 3), last - 1)) + 1 || last;
    const piece = Buffer.alloc(until - start + 3);
    buffer.copy(piece, 0, start, until);
    parser.parse(piece, 0, until - start, false, 0);
    if (parser.doubt === undefined && parser.rowCount > 0 && parser.tooFew.count + parser.tooMany.count === 0) {
      return near + start;
    }
    start = buffer.indexOf(10, start) + 1;
  }
  return undefined;
}
