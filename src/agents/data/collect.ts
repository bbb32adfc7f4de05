import { z } from 'zod';
import type { ReadingOptions } from '../../core/request.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';

const hash = z.string();

/** What the Data agent found: counts and kinds; the profile itself (it holds frequent values) is a blob. */
export const collectedSchema = z.object({
  /** Absent where the host gave no data. */
  data: z
    .object({
      table: hash,
      profile: hash,
      formats: hash,
      rowCount: z.number(),
      bytes: z.number(),
      duplicateRows: z.number(),
      columns: z.array(
        z.object({
          name: z.string(),
          kind: z.string(),
          missing: z.number(),
          distinct: z.number(),
          identifier: z.boolean(),
        }),
      ),
      rowsRead: z.number(),
      format: z.string(),
      /** What was noticed while reading, in plain words. */
      notes: z.array(z.string()),
      setAside: z.array(z.object({ reason: z.string(), count: z.number() })),
      sampledFrom: z.number().optional(),
    })
    .optional(),
  /** `setAside`: rows that could not be read. */
  test: z.object({ table: hash, rowCount: z.number(), setAside: z.number() }).optional(),
});

export type Collected = z.infer<typeof collectedSchema>;

/** Reads the data into typed columns and measures them. */
export const collectStage = defineStage<Collected>({
  name: 'data.collect',
  agent: 'data',
  to: 'task',
  output: collectedSchema,
  async run(context) {
    if (context.input.dataName === undefined) return { message: {}, summary: 'No data were given.' };
    const { maxRows: limit, reading: how } = context.input;
    const maxRows = limit === undefined ? {} : { maxRows: limit };
    const reading = how === undefined ? {} : { reading: definedOnly(how) };
    const data = await callAction(context, 'collect', { source: 'data', ...maxRows, ...reading });
    const test = context.input.hasTestData
      ? await callAction(context, 'collect', { source: 'testData', ...reading })
      : undefined;
    return {
      message: {
        data: data as NonNullable<Collected['data']>,
        ...(test === undefined
          ? {}
          : {
              test: {
                table: test.table,
                rowCount: test.rowCount,
                setAside: test.setAside.reduce((sum, { count }) => sum + count, 0),
              },
            }),
      },
      summary: `${data.rowCount} rows × ${data.columns.length} columns read${data.setAside.length === 0 ? '' : `, ${data.setAside.reduce((sum, { count }) => sum + count, 0)} rows set aside`}.`,
    };
  },
});

/** An object without the members that are undefined. */
function definedOnly(options: NonNullable<StageContext['input']['reading']>): ReadingOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
