import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtInQuestions } from '../../src/agents/questions.ts';
import { dropNulls, strictSchema } from '../../src/llm/strict-schema.ts';

const schemaOf = (type: z.ZodType) => z.toJSONSchema(type, { io: 'input' }) as Record<string, unknown>;
const strict = (type: z.ZodType, keepBounds = true) => strictSchema(schemaOf(type), { keepBounds });

describe('a strict schema', () => {
  it('asks for every property, and lets what was optional be null', () => {
    const result = strict(
      z.strictObject({ a: z.enum(['x']), b: z.number().min(0).optional(), c: z.string().max(5).nullable() }),
    );
    expect(result?.schema).toEqual({
      type: 'object',
      properties: {
        a: { type: 'string', enum: ['x'] },
        b: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] },
        c: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['a', 'b', 'c'],
      additionalProperties: false,
    });
    expect(result?.restore('{"a":"x","b":null,"c":null}')).toBe('{"a":"x","c":null}');
  });

  it('leaves bounds out for providers that refuse them', () => {
    expect(JSON.stringify(strict(z.strictObject({ a: z.array(z.number().min(1)).min(3) }), false)?.schema)).not.toMatch(
      /min/,
    );
  });

  it('wraps what is no object, and unwraps the answer', () => {
    const result = strict(z.array(z.int()));
    expect(result?.schema).toMatchObject({ type: 'object', required: ['value'] });
    expect(result?.restore('{"value":[1,2]}')).toBe('[1,2]');
    expect(result?.restore('[1,2]')).toBe('[1,2]');
    expect(result?.restore('[1,')).toBe('[1,');
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(result?.restore(deep)).toBe(deep);
  });

  it('says alternatives with anyOf, and drops nulls in the one that was taken', () => {
    const either = z.strictObject({
      steps: z.array(
        z.discriminatedUnion('step', [
          z.strictObject({ step: z.literal('a'), count: z.number().optional() }),
          z.strictObject({ step: z.literal('b'), count: z.number().nullable() }),
        ]),
      ),
    });
    const result = strict(either);
    expect(JSON.stringify(result?.schema)).not.toContain('oneOf');
    expect(result?.restore('{"steps":[{"step":"a","count":null},{"step":"b","count":null}]}')).toBe(
      '{"steps":[{"step":"a"},{"step":"b","count":null}]}',
    );
  });

  it('takes the alternative whose names the answer has, where no constant tells', () => {
    const either = z.union([
      z.strictObject({ pick: z.enum(['a', 'b']), why: z.string().nullable() }),
      z.strictObject({ tool: z.literal('look'), input: z.strictObject({ digits: z.int().optional() }) }),
    ]);
    const result = strict(either);
    expect(result?.restore('{"value":{"tool":"look","input":{"digits":null}}}')).toBe('{"tool":"look","input":{}}');
    expect(result?.restore('{"value":{"pick":"a","why":null}}')).toBe('{"pick":"a","why":null}');
  });

  it.each<[string, z.ZodType]>([
    ['records of any keys', z.strictObject({ values: z.record(z.string(), z.number()) })],
    ['values of any kind', z.strictObject({ value: z.unknown() })],
    ['more than 1,000 words', z.enum(Array.from({ length: 1001 }, (_, i) => `word ${i}`) as [string])],
  ])('is not made of %s', (_, type) => {
    expect(strict(type)).toBeUndefined();
  });

  it('keeps nulls that it does not know', () => {
    expect(dropNulls({ a: null, b: [null] }, { type: 'object', properties: {} })).toEqual({ a: null, b: [null] });
    expect(dropNulls(null, undefined)).toBeNull();
  });
});

describe('the questions that come with the library', () => {
  const columns = [{ name: 'a', kind: 'number', distinct: 3, missing: 0 }];
  const subjects: Readonly<Record<string, object>> = {
    'task.target': { columns },
    'task.metric': { task: 'binary' },
    'data.columns': { columns },
    'data.leaks': { suspects: [{ column: 'a' }] },
    'data.sample': { rows: 5000 },
    'model.candidates': { available: [{ name: 'linear' }] },
    'model.configurations': { spaces: { linear: { l2: { kind: 'float', low: 0, high: 1, scale: 'log' } } } },
    'model.compression': { variants: [{ id: 'as-found' }] },
    'model.forms': { forms: [{ form: 'int8' }] },
  };
  const questions = Object.values(builtInQuestions).flat();

  it.each(questions.map((question) => [question.id, question] as const))('%s can be asked strictly', (_, question) => {
    const answer = (question.answer as (subject: unknown) => z.ZodType)(subjects[question.id] ?? {});
    const schema = answer['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
    expect(strictSchema(schema!, { keepBounds: true })?.schema.type).toBe('object');
  });
});
