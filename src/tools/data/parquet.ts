import { open } from 'node:fs/promises';
import { TrainerError } from '../../core/errors.ts';
import type { ReadContext, ReadOptions, ReadResult } from './read-table.ts';
import { readRecords } from './records.ts';

/**
 * Reads a Parquet file by hyparquet, one row group at a time.
 *
 * @throws {TrainerError} DATA_FORMAT, DATA_EMPTY
 */
export async function readParquet(
  path: string,
  size: number,
  options: ReadOptions,
  context: ReadContext,
): Promise<ReadResult> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const handle = await open(path, 'r');
  try {
    const file = {
      byteLength: size,
      async slice(start: number, end = size): Promise<ArrayBuffer> {
        const bytes = new Uint8Array(end - start);
        let have = 0;
        while (have < bytes.length) {
          const { bytesRead } = await handle.read(bytes, have, bytes.length - have, start + have);
          if (bytesRead === 0) break;
          have += bytesRead;
        }
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    async function* records(): AsyncGenerator<unknown> {
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows);
        yield* await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
        rowStart = rowEnd;
      }
    }
    const share = Math.min(
      1,
      (options.maxBytes ?? Number.POSITIVE_INFINITY) / size,
      (options.maxRows ?? Number.POSITIVE_INFINITY) / Math.max(1, Number(metadata.num_rows)),
    );
    return await readRecords(records(), options, context, { format: 'parquet', bytes: size, share });
  } catch (cause) {
    if (TrainerError.isInstance(cause) || context.signal?.aborted) throw cause;
    throw new TrainerError(
      'DATA_FORMAT',
      'Expected a Parquet file, got one that is cut, damaged or of a kind that hyparquet does not read. Save it again, or as CSV.',
      { cause },
    );
  } finally {
    await handle.close();
  }
}
