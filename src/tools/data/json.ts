import { readFile } from 'node:fs/promises';
import { TrainerError } from '../../core/errors.ts';
import type { ReadContext, ReadOptions, ReadResult } from './read-table.ts';
import { readRecords } from './records.ts';

const maxJsonBytes = 400e6;

/**
 * Reads a JSON file: an array of records, an object of arrays of one length (columns), or an object whose only array is
 * one of records.
 *
 * @throws {TrainerError} DATA_FORMAT, DATA_ENCODING, DATA_EMPTY
 */
export async function readJson(
  path: string,
  size: number,
  options: ReadOptions,
  context: ReadContext,
): Promise<ReadResult> {
  if (size > maxJsonBytes) {
    throw new TrainerError(
      'DATA_FORMAT',
      `Expected a JSON file of at most ${maxJsonBytes / 1e6} MB, got ${Math.ceil(size / 1e6)} MB. ` +
        'Write one record a line (NDJSON), which is read at any size.',
      { details: { bytes: size } },
    );
  }
  const value = parseJson(decodeUtf8(await readFile(path)));
  const records = recordsOf(value);
  const share = Math.min(
    1,
    (options.maxBytes ?? Number.POSITIVE_INFINITY) / size,
    (options.maxRows ?? Number.POSITIVE_INFINITY) / Math.max(1, records.length),
  );
  return readRecords(records, options, context, { format: 'json', bytes: size, share });
}

/**
 * Bytes as text.
 *
 * @throws {TrainerError} DATA_ENCODING, because JSON is UTF-8 by its standard (RFC 8259).
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    if (isUtf16) throw new TypeError('UTF-16');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TrainerError(
      'DATA_ENCODING',
      'Expected JSON in UTF-8, got bytes that are none. Save the file as UTF-8.',
      {
        cause,
      },
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The engine's message quotes the text around the fault, and cell values have no place in an error.
    const position = /position (\d+)/.exec((cause as Error).message)?.[1];
    throw new TrainerError(
      'DATA_FORMAT',
      `Expected JSON, got text that breaks its rules${position === undefined ? '' : ` at character ${position}`}. Correct it there, or save the data again as JSON, NDJSON or CSV.`,
      { details: position === undefined ? {} : { position: Number(position) } },
    );
  }
}

function recordsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const arrays = entries.filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
    const length = arrays[0]?.[1].length ?? 0;
    const isColumns = arrays.length === entries.length && arrays.every(([, items]) => items.length === length);
    const hasRecords = arrays.length === 1 && arrays[0]![1].some((item) => typeof item === 'object' && item !== null);
    if (hasRecords) return arrays[0]![1];
    if (isColumns && entries.length > 0) return [...rowsOf(arrays, length)];
  }
  throw new TrainerError(
    'DATA_FORMAT',
    'Expected a JSON array of records, or an object of arrays of one length (columns), got something else. Save the data in one of these forms.',
  );
}

function* rowsOf(columns: readonly (readonly [string, readonly unknown[]])[], length: number): Generator<unknown> {
  for (let row = 0; row < length; row++) yield Object.fromEntries(columns.map(([name, items]) => [name, items[row]]));
}
