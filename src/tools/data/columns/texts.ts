import { isMissing } from './missing.ts';

const decoder = new TextDecoder();

/** A column of texts as it was read, before its kind is known. */
export type RawTexts =
  /** `dictionary[codes[row]]`; code −1 is the empty text. The dictionary may hold entries that no row uses. */
  | { readonly type: 'codes'; readonly codes: Int32Array; readonly dictionary: readonly string[] }
  /** UTF-8 from `offsets[row]` to `offsets[row + 1]`. */
  | { readonly type: 'bytes'; readonly offsets: Uint32Array; readonly bytes: Uint8Array };

/** Decodes one row of a text column. */
export function textAt(raw: { readonly offsets: Uint32Array; readonly bytes: Uint8Array }, row: number): string {
  const start = raw.offsets[row]!;
  const end = raw.offsets[row + 1]!;
  const { bytes } = raw;
  if (end - start > 48) return decoder.decode(bytes.slice(start, end));
  // Short ASCII texts are the rule, and building them is several times faster than a decoder call.
  let text = '';
  for (let i = start; i < end; i++) {
    if (bytes[i]! > 127) return decoder.decode(bytes.slice(start, end));
    text += String.fromCharCode(bytes[i]!);
  }
  return text;
}

/** The values of a text column that are there, trimmed, with how often each stands there. */
export interface Texts {
  /** Number of values that are not missing. */
  readonly total: number;
  /** Calls `visit` once a dictionary entry or row until it returns false; the order means nothing. */
  each(visit: (trimmed: string, count: number) => boolean): void;
  /** How often each spelling of missing was found. */
  readonly missing: ReadonlyMap<string, number>;
}

/** Views a raw column as texts, with its missing values counted by spelling. */
export function viewTexts(raw: RawTexts, rowCount: number, extraMissing: readonly string[]): Texts {
  const missing = new Map<string, number>();
  const note = (spelling: string, count: number): void => {
    missing.set(spelling, (missing.get(spelling) ?? 0) + count);
  };
  let total = 0;
  if (raw.type === 'codes') {
    const counts = countCodes(raw.codes, rowCount, raw.dictionary.length);
    const values: string[] = [];
    const valueCounts: number[] = [];
    if (counts[0]! > 0) note('', counts[0]!);
    for (let code = 0; code < raw.dictionary.length; code++) {
      const count = counts[code + 1]!;
      if (count === 0) continue;
      const trimmed = raw.dictionary[code]!.trim();
      if (isMissing(trimmed, extraMissing)) note(trimmed, count);
      else {
        values.push(trimmed);
        valueCounts.push(count);
        total += count;
      }
    }
    return {
      total,
      missing,
      each(visit) {
        for (let i = 0; i < values.length; i++) if (!visit(values[i]!, valueCounts[i]!)) return;
      },
    };
  }
  for (let row = 0; row < rowCount; row++) {
    // Long and without white space before it: no built-in spelling of missing.
    const length = raw.offsets[row + 1]! - raw.offsets[row]!;
    if (length > 12 && extraMissing.length === 0 && raw.bytes[raw.offsets[row]!]! > 32) {
      total++;
      continue;
    }
    const trimmed = textAt(raw, row).trim();
    if (isMissing(trimmed, extraMissing)) note(trimmed, 1);
    else total++;
  }
  return {
    total,
    missing,
    each(visit) {
      for (let row = 0; row < rowCount; row++) {
        const trimmed = textAt(raw, row).trim();
        if (!isMissing(trimmed, extraMissing) && !visit(trimmed, 1)) return;
      }
    },
  };
}

/** Counts of codes −1 … size − 1, at index code + 1. */
export function countCodes(codes: Int32Array, rowCount: number, size: number): Uint32Array {
  const counts = new Uint32Array(size + 1);
  for (let row = 0; row < rowCount; row++) counts[codes[row]! + 1]!++;
  return counts;
}
