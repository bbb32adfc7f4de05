import { TrainerError } from '../../core/errors.ts';
import { maxRowBytes } from './csv/scan.ts';
import { decodeUtf8 } from './json.ts';
import type { ReadContext, ReadOptions, ReadResult } from './read-table.ts';
import { notARecord, readRecords } from './records.ts';

/**
 * Reads one JSON record a line. Lines that are no JSON object are set aside and counted.
 *
 * @param head The first bytes, for the number of lines.
 *
 * @throws {TrainerError} DATA_FORMAT, DATA_ENCODING, DATA_EMPTY, DATA_TOO_WIDE
 */
export async function readNdjson(
  bytes: AsyncIterable<Uint8Array>,
  head: Uint8Array,
  size: number,
  options: ReadOptions,
  context: ReadContext,
): Promise<ReadResult> {
  let blankLines = 0;
  const parse = (line: Uint8Array): unknown => {
    const text = decodeUtf8(line);
    if (text.trim() === '') {
      blankLines++;
      return undefined;
    }
    try {
      return JSON.parse(text);
    } catch {
      return notARecord;
    }
  };
  async function* records(): AsyncGenerator<unknown> {
    for await (const line of lines(bytes)) {
      const record = parse(line);
      if (record !== undefined) yield record;
    }
  }
  const share = Math.min(
    1,
    (options.maxBytes ?? Number.POSITIVE_INFINITY) / size,
    (options.maxRows ?? Number.POSITIVE_INFINITY) / estimateLines(head, size),
  );
  return readRecords(records(), options, context, {
    format: 'ndjson',
    bytes: size,
    blankLines: () => blankLines,
    share,
  });
}

/** Lines of the whole source, from the mean length of its first ones. */
function estimateLines(head: Uint8Array, size: number): number {
  let count = 0;
  let end = 0;
  for (let at = head.indexOf(10); at >= 0; at = head.indexOf(10, at + 1)) {
    count++;
    end = at + 1;
  }
  return count === 0 ? 1 : (size * count) / end;
}

/** Lines of UTF-8 of any length up to 64 MiB, as they come. @throws {TrainerError} DATA_TOO_WIDE */
export async function* lines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const piece of bytes) {
    let from = 0;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, from)) {
      const line = piece.subarray(from, at);
      yield held.length === 0 ? line : Buffer.concat([...held, line]);
      held = [];
      heldBytes = 0;
      from = at + 1;
    }
    held.push(piece.subarray(from));
    heldBytes += piece.length - from;
    if (heldBytes > maxRowBytes) {
      throw new TrainerError(
        'DATA_TOO_WIDE',
        'A line has more than 64 MiB, the greatest that is read. Write one record a line, or leave its largest field out.',
        {
          details: { limitBytes: maxRowBytes },
        },
      );
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
