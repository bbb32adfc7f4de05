import { z } from 'zod';
import { isShown } from '../../core/privacy.ts';
import type { Tool, ToolContext } from '../../core/tool.ts';
import type { TableProfile } from '../../tools/data/profile/profile.ts';
import type { Collected } from '../data/collect.ts';
import { columnStatistics } from '../facts/column-statistics.ts';

const columnsOf = ({ message }: ToolContext) => message<Collected>('data.collect')?.data?.columns ?? [];

/** A look at one column: its kind and counts, and where statistics may be shown, those of its values. */
export const columnTool: Tool<{ readonly column: string }> = {
  name: 'column',
  about: 'Tells the kind of one column, its counts, and what statistics of it may be shown.',
  input(context) {
    const names = columnsOf(context).map(({ name }) => name);
    return names.length === 0 ? undefined : z.strictObject({ column: z.enum(names as [string, ...string[]]) });
  },
  async run({ column }, context) {
    const { name, kind, missing, distinct, identifier } = columnsOf(context).find((one) => one.name === column)!;
    const facts = { name, kind, missing, distinct, identifier };
    if (!isShown('aggregates', context.privacy)) return facts;
    const { data } = context.message<Collected>('data.collect')!;
    const profile = await context.blobJson<TableProfile>(data!.profile);
    const found = profile.columns.find((one) => one.name === column)!;
    return { ...facts, ...columnStatistics(found, profile.rowCount) };
  },
};

/** Columns that one look lists. */
const page = 40;

/** A look at the list of columns, for tables that have more than can be shown. */
export const columnsTool: Tool<{ readonly from: number }> = {
  name: 'columns',
  about: `Lists the names and kinds of ${page} columns, in the order of the table, from a position on (the first is 0).`,
  input(context) {
    const count = columnsOf(context).length;
    return count <= page
      ? undefined
      : z.strictObject({
          from: z
            .int()
            .min(0)
            .max(count - 1),
        });
  },
  run({ from }, context) {
    const columns = columnsOf(context);
    return {
      from,
      of: columns.length,
      columns: columns.slice(from, from + page).map(({ name, kind }) => ({ name, kind })),
    };
  },
};
