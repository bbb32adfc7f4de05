import { z } from 'zod';

const place = z.number().int().min(0).max(1_000_000);
const base = {
  /** Of the member in the blend. */
  weight: z.number().gt(0).max(1),
  /** Expected score by output. */
  expected: z.array(z.number()),
};

const memberSchema = z.discriminatedUnion('kind', [
  /** Scores that do not depend on the row. */
  z.strictObject({ kind: z.literal('constant'), ...base }),
  z.strictObject({
    kind: z.literal('linear'),
    ...base,
    /** Position of the signature's input that each feature is made from; numbers before categories. */
    inputs: z.array(place),
    /** Hinges of each numeric feature. */
    knots: z.array(z.number().int().min(0).max(1000)),
    /** Whether a column says that some number is missing. */
    missing: z.boolean(),
    /** Mean of what each feature adds to the score, row-major [features, outputs]. */
    means: z.array(z.number()),
  }),
  z.strictObject({
    kind: z.literal('trees'),
    ...base,
    inputs: z.array(place),
    /** Rows that fell into each leaf: whole numbers of 7 bits a byte (the high bit says that more follow), as base64. */
    covers: z.string(),
  }),
]);

/** What the file keeps beside its graph so that predictions can be explained; stored under `traineragent.explanation`. */
export const explanationNotesSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Rows that means and covers were counted on. */
  rows: z.number().int().min(1),
  members: z.array(memberSchema).min(1),
});

/** The parsed form of {@link explanationNotesSchema}. */
export type ExplanationNotes = z.infer<typeof explanationNotesSchema>;

/** One member of the blend. */
export type MemberNotes = ExplanationNotes['members'][number];

/** Counts as text, small ones in one byte. */
export function packCounts(counts: ArrayLike<number>): string {
  const bytes: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    let rest = counts[i]!;
    while (rest > 127) {
      bytes.push((rest & 127) | 128);
      rest >>>= 7;
    }
    bytes.push(rest);
  }
  return Buffer.from(bytes).toString('base64');
}

/** Reads {@link packCounts} back. */
export function unpackCounts(text: string): Float64Array {
  const counts: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of Buffer.from(text, 'base64')) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      counts.push(value);
      value = 0;
      scale = 1;
    }
  }
  return Float64Array.from(counts);
}
