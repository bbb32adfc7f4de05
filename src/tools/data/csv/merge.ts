import { MissingRows } from '../columns/bitmap.ts';
import type { RawColumn } from '../columns/finish-column.ts';
import { codesLimit } from '../columns/text-builder.ts';
import type { RawTexts } from '../columns/texts.ts';
import { scanKind } from './column-store.ts';
import type { ScanResult } from './scan.ts';

/** Where each range's rows lie in the shared memory. */
export interface SharedPlan {
  readonly buffers: readonly (SharedArrayBuffer | undefined)[];
  readonly starts: readonly number[];
}

/** Joins one column of several ranges, in order; undefined where it was skipped or does not fit its kind. */
export function mergeColumn(results: readonly ScanResult[], column: number, plan?: SharedPlan): RawColumn | undefined {
  const parts = results.map((result) => result.columns[column]!);
  if (parts.some((part) => part.isMisfit || part.kind === scanKind.skip)) return undefined;
  const rowCount = results.reduce((sum, result) => sum + result.rowCount, 0);
  const { kind } = parts[0]!;
  if (kind === scanKind.codes || kind === scanKind.bytes) {
    return mergeTexts(results, column);
  }
  const missing = new MissingRows();
  const spellings = new Map<string, number>();
  let spelled = 0;
  let start = 0;
  for (const [index, part] of parts.entries()) {
    missing.addAll(part.missing, results[index]!.rowCount, start);
    for (const [spelling, count] of part.spellings) {
      spellings.set(spelling, (spellings.get(spelling) ?? 0) + count);
      spelled += count;
    }
    start += results[index]!.rowCount;
  }
  // The parser counts only what is spelled out: the rest of the missing fields is empty.
  if (missing.count > spelled) spellings.set('', (spellings.get('') ?? 0) + missing.count - spelled);
  const type = kind === scanKind.number ? 'number' : 'datetime';
  return { type, values: mergeValues(results, column, rowCount, plan), missing, spellings };
}

function mergeValues(
  results: readonly ScanResult[],
  column: number,
  rowCount: number,
  plan?: SharedPlan,
): Float64Array {
  const shared = plan?.buffers[column];
  const isInPlace = shared !== undefined && results.every((result) => result.columns[column]!.values === undefined);
  if (!isInPlace && results.length === 1) return results[0]!.columns[column]!.values!;
  const all = shared === undefined ? undefined : new Float64Array(shared);
  const values = isInPlace ? new Float64Array(shared, 0, rowCount) : new Float64Array(rowCount);
  let at = 0;
  for (const [index, result] of results.entries()) {
    const from = plan?.starts[index] ?? 0;
    const own = result.columns[column]!.values;
    if (own !== undefined) values.set(own.subarray(0, result.rowCount), at);
    else if (isInPlace) {
      if (from !== at) all!.copyWithin(at, from, from + result.rowCount);
    } else values.set(all!.subarray(from, from + result.rowCount), at);
    at += result.rowCount;
  }
  return values;
}

function mergeTexts(results: readonly ScanResult[], column: number): RawTexts {
  const parts = results.map((result) => result.columns[column]!.texts!);
  if (parts.length === 1) return parts[0]!;
  const rowCount = results.reduce((sum, result) => sum + result.rowCount, 0);
  const dictionary: string[] = [];
  const lookup = new Map<string, number>();
  const maps = parts.map((part) =>
    part.type === 'bytes'
      ? undefined
      : Int32Array.from(part.dictionary, (text) => {
          let code = lookup.get(text);
          if (code === undefined) {
            code = dictionary.length;
            dictionary.push(text);
            lookup.set(text, code);
          }
          return code;
        }),
  );
  if (maps.every((map) => map !== undefined) && dictionary.length <= codesLimit * 2) {
    const codes = new Int32Array(rowCount);
    let at = 0;
    for (const [index, part] of parts.entries()) {
      const own = (part as RawTexts & { type: 'codes' }).codes;
      const map = maps[index]!;
      const count = results[index]!.rowCount;
      for (let row = 0; row < count; row++) codes[at + row] = own[row]! < 0 ? -1 : map[own[row]!]!;
      at += count;
    }
    return { type: 'codes', codes, dictionary };
  }
  return joinBytes(
    parts,
    results.map((result) => result.rowCount),
  );
}

function joinBytes(parts: readonly RawTexts[], rowCounts: readonly number[]): RawTexts {
  const encoded = parts.map((part) =>
    part.type === 'bytes' ? undefined : part.dictionary.map((text) => Buffer.from(text)),
  );
  const rowCount = rowCounts.reduce((sum, count) => sum + count, 0);
  const offsets = new Uint32Array(rowCount + 1);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    for (let row = 0; row < rowCounts[index]!; row++, at++) {
      const length =
        part.type === 'bytes'
          ? part.offsets[row + 1]! - part.offsets[row]!
          : part.codes[row]! < 0
            ? 0
            : encoded[index]![part.codes[row]!]!.length;
      offsets[at + 1] = offsets[at]! + length;
    }
  }
  const bytes = new Uint8Array(offsets[rowCount]!);
  at = 0;
  for (const [index, part] of parts.entries()) {
    if (part.type === 'bytes') bytes.set(part.bytes.subarray(0, part.offsets[rowCounts[index]!]!), offsets[at]!);
    else {
      for (let row = 0; row < rowCounts[index]!; row++) {
        const code = part.codes[row]!;
        if (code >= 0) bytes.set(encoded[index]![code]!, offsets[at + row]!);
      }
    }
    at += rowCounts[index]!;
  }
  return { type: 'bytes', offsets, bytes };
}
