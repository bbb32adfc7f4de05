import { z } from 'zod';

const rates = z.strictObject({ training: z.number(), window: z.number() });
const measured = {
  psi: z.number(),
  psiLimit: z.number(),
  jensenShannon: z.number(),
  missing: rates,
  unseen: rates.optional(),
  /** What was beyond its limit in two windows in a row. */
  alarms: z.array(z.enum(['distribution', 'missing', 'unseen'])),
};
const interval = z.tuple([z.number(), z.number()]).readonly();

/** What a service tells when what it predicts is no longer like training: names and measures, no value. Plain JSON. */
export const driftEventSchema = z.strictObject({
  type: z.literal('drift'),
  /** Milliseconds since 1970. */
  time: z.number(),
  model: z.strictObject({
    name: z.string(),
    /** SHA-256 of the file. */
    version: z.string(),
    task: z.enum(['binary', 'multiclass', 'regression']),
    target: z.string(),
    positive: z.string().optional(),
    /** The metric that was asked for. */
    metric: z.string().optional(),
    columns: z.number(),
  }),
  /** Records of a window; absent where the file has no reference. */
  windowRows: z.number().optional(),
  /** In alarm, farthest from training first. */
  columns: z.array(z.strictObject({ column: z.string(), ...measured })),
  /** Of the last window, in alarm or not; absent where the file does not tell how predictions were. */
  prediction: z.strictObject(measured).optional(),
  /** What outcomes that came later say, where there are any. */
  score: z
    .strictObject({
      metric: z.enum(['accuracy', 'mae']),
      value: z.number(),
      interval,
      count: z.number(),
      /** What was measured before: on the test rows, or out of fold. */
      expected: z.strictObject({ of: z.enum(['vault', 'validation']), value: z.number(), interval }).optional(),
      /** Whether two windows of outcomes in a row lay wholly on the worse side of what was measured before. */
      isWorse: z.boolean(),
    })
    .optional(),
});

/** What a service tells of records that are no longer like training, or of a score on outcomes that fell: by column, by rates and measures, no value. */
export type DriftEvent = z.infer<typeof driftEventSchema>;

/** Whether anything of an event is in alarm, and what. */
export function alarmsOf({ columns, prediction, score }: DriftEvent): readonly ('columns' | 'prediction' | 'score')[] {
  return [
    ...(columns.length > 0 ? (['columns'] as const) : []),
    ...((prediction?.alarms.length ?? 0) > 0 ? (['prediction'] as const) : []),
    ...(score?.isWorse === true ? (['score'] as const) : []),
  ];
}
