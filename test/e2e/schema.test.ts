import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { Schema } from '../../src/core/standard-schema.ts';
import { Trainer } from '../../src/index.ts';

type Row = { tenure: number; plan: 'basic' | 'pro'; churned: 'yes' | 'no' };
const rows: Row[] = Array.from({ length: 120 }, (_, i) => ({
  tenure: (i * 37) % 60,
  plan: i % 3 === 0 ? 'pro' : 'basic',
  churned: (i * 37) % 60 < 25 ? 'yes' : 'no',
}));

const schemas = {
  zod: z.object({ tenure: z.number().min(0), plan: z.enum(['basic', 'pro']), churned: z.enum(['yes', 'no']) }),
  valibot: v.object({
    tenure: v.pipe(v.number(), v.minValue(0)),
    plan: v.picklist(['basic', 'pro']),
    churned: v.picklist(['yes', 'no']),
  }),
  arktype: type({ tenure: 'number >= 0', plan: "'basic' | 'pro'", churned: "'yes' | 'no'" }),
};

const request = (schema: Schema<Row>, data: readonly object[]) =>
  ({ schema, data, prompt: 'Predict who churns.', task: { target: 'churned' }, budget: { workUnits: 30 } }) as const;

describe.each(Object.entries(schemas) as [string, Schema<Row>][])('a schema of %s', (_name, schema) => {
  it('names what is wrong with records, with no value of theirs', async () => {
    const secret = 'ann.smith@example.com';
    const data = [
      ...rows,
      { ...rows[0]!, plan: secret },
      { ...rows[0]!, tenure: -424242 },
      { tenure: 3, plan: 'basic' },
      ...Array.from({ length: 7 }, () => ({ ...rows[0]!, churned: 'perhaps-so' })),
    ];
    const error = await new Trainer().run(request(schema, data)).result.catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'RECORD_INVALID', details: { invalid: 10, records: 130 } });
    const { message } = error as Error;
    expect(message).toMatch(
      /but 10 of 130 do not: record 121, plan: .*; record 122, tenure: .*; record 123, churned: /,
    );
    expect(message + JSON.stringify((error as { details: unknown }).details)).not.toMatch(/ann\.smith|424242|perhaps/);
  });
});

describe('a run with a schema', () => {
  it('learns from what the schema makes of records, and predicts with their types', async () => {
    const coerced = z.object({
      tenure: z.string().transform(Number),
      plan: z.enum(['basic', 'pro']),
      churned: z.boolean().transform((is) => (is ? ('yes' as const) : ('no' as const))),
    });
    async function* stream() {
      for (const row of rows) yield { ...row, tenure: String(row.tenure), churned: row.churned === 'yes' };
    }
    const run = new Trainer().run({
      schema: coerced,
      data: stream(),
      task: { target: 'churned' },
      budget: { workUnits: 30 },
    });
    const outcome = await run.result;
    if (outcome.status !== 'complete') throw new Error('expected a model');
    const [answer] = await outcome.model.predict([{ tenure: 3, plan: 'basic' }]);
    expect(answer!.prediction).toBe('yes');
    expect(Object.keys(answer!.probabilities).sort()).toEqual(['no', 'yes']);
    expectTypeOf(answer!.prediction).toEqualTypeOf<'yes' | 'no'>();
    expectTypeOf(answer!.probabilities).toEqualTypeOf<Readonly<Record<'yes' | 'no', number>>>();
    // @ts-expect-error no such column
    const unknown = () => outcome.model.predict([{ tenur: 3, plan: 'basic' }]);
    // @ts-expect-error no such value
    const other = () => outcome.model.predict([{ tenure: 3, plan: 'gold' }]);
    expectTypeOf(unknown).toBeFunction();
    expectTypeOf(other).toBeFunction();
  });

  it('refuses what is no schema, and a path', async () => {
    const refused = (change: object) =>
      new Trainer().run({ ...request(schemas.zod, rows), ...change }).result.catch((failure: Error) => failure.message);
    expect(await refused({ schema: { parse: () => 1 } })).toMatch(/a library of Standard Schema/);
    expect(await refused({ data: 'churn.csv' })).toMatch(/Expected records together with a schema, got a path/);
  });

  it('knows the columns of the request', () => {
    const requests = (trainer: Trainer) => [
      // @ts-expect-error no such column
      trainer.run({ schema: schemas.zod, data: rows, task: { target: 'churnd' } }),
      // @ts-expect-error no such column
      trainer.run({ schema: schemas.valibot, data: rows, task: { target: 'churned', ignore: ['plann'] } }),
      trainer.run({ schema: schemas.arktype, data: rows, task: { target: 'plan', weight: 'tenure' } }),
    ];
    expectTypeOf(requests).toBeFunction();
    type Predict = Awaited<ReturnType<typeof ofNumbers>>;
    const ofNumbers = async (trainer: Trainer) => {
      const run = trainer.run({ schema: schemas.arktype, data: rows, task: { target: 'tenure' } });
      const outcome = await run.result;
      return outcome.status === 'complete' ? outcome.model.predict : undefined;
    };
    expectTypeOf<NonNullable<Predict>>().parameter(0).toEqualTypeOf<readonly Omit<Row, 'tenure'>[]>();
  });
});
