import { Readable } from 'node:stream';

/**
 * Reads CSV (RFC 4180, commas) of unknown length record by record, reading on only as the caller does.
 *
 * @param maxRecordBytes - of one record; a larger one fails
 * @throws what the parser throws where quotes or the number of fields do not fit
 */
export async function* csvRecords(
  bytes: AsyncIterable<Uint8Array>,
  maxRecordBytes: number,
): AsyncGenerator<readonly string[]> {
  const { parse } = await import('csv-parse');
  const source = Readable.from(bytes, { objectMode: true, highWaterMark: 4 });
  const parser = parse({ bom: true, max_record_size: maxRecordBytes, skip_empty_lines: true });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const record of parser) yield record as readonly string[];
  } finally {
    source.destroy();
  }
}
