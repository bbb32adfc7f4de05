import { basename } from 'node:path';
import { encodeTable } from '../data/columnar/encode-table.ts';
import { describeReading } from '../data/describe-reading.ts';
import { profileTable } from '../data/profile/profile-table.ts';
import { type ReadOptions, readTable } from '../data/read-table.ts';
import { defineAction } from './action.ts';

export interface CollectInput {
  readonly source: 'data' | 'testData';
  /** Rows to keep at most; more are sampled. */
  readonly maxRows?: number;
  readonly reading?: Pick<ReadOptions, 'encoding' | 'delimiter' | 'quote' | 'header' | 'missing'>;
}

export interface CollectOutput {
  /** Blob of the typed columns. */
  readonly table: string;
  /** Blob of the profile, which holds frequent values. */
  readonly profile: string;
  /** Blob of how each column's texts are read. */
  readonly formats: string;
  readonly rowCount: number;
  readonly bytes: number;
  readonly rowsRead: number;
  readonly format: string;
  readonly duplicateRows: number;
  readonly columns: readonly {
    readonly name: string;
    readonly kind: string;
    readonly missing: number;
    readonly distinct: number;
    readonly identifier: boolean;
  }[];
  readonly setAside: readonly { readonly reason: string; readonly count: number }[];
  /** What was noticed, in plain words, without cell values. */
  readonly notes: readonly string[];
  /** Rows of the source, where only a sample was kept. */
  readonly sampledFrom?: number;
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Reads a source into typed columns, stores them, and measures them. */
export const collect = defineAction<CollectInput, CollectOutput>({
  name: 'collect',
  async run(input, context) {
    const path = context.source(input.source);
    // Records were spooled as lines of JSON under the hash of their bytes; one line alone would pass for a JSON file.
    const spooled = /^[0-9a-f]{64}$/.test(basename(path)) ? { format: 'ndjson' as const } : {};
    const options = {
      ...spooled,
      ...input.reading,
      ...(input.maxRows === undefined ? {} : { maxRows: input.maxRows }),
    };
    const { table, report } = await readTable({ kind: 'file', path }, options, {
      threads: context.cores,
    });
    context.progress(0.6, 'read');
    const profile = profileTable(table);
    const formats = Object.fromEntries(report.columns.map(({ name, format }) => [name, format]));
    return {
      table: await context.blobs.put(encodeTable(table)),
      profile: await context.blobs.put(json(profile)),
      formats: await context.blobs.put(json(formats)),
      rowCount: table.rowCount,
      bytes: report.bytes ?? 0,
      rowsRead: report.rowsRead,
      format: report.format,
      duplicateRows: profile.duplicateRows,
      columns: profile.columns.map(({ name, kind, missing, distinct, identifier }) => ({
        name,
        kind,
        missing,
        distinct,
        identifier,
      })),
      setAside: report.setAside.map(({ reason, count }) => ({ reason, count })),
      notes: describeReading(report),
      ...(report.sample === undefined ? {} : { sampledFrom: report.rowsRead }),
    };
  },
});
