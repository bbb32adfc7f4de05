import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { llamaCpp } from '../../src/llm/llama-cpp.ts';
import { grammarSchema } from '../../src/llm/llama-cpp-grammar.ts';

// With the package and a real model: test/interop/llama-cpp.test.ts.
const folder = mkdtempSync(join(tmpdir(), 'gguf-'));
const file = join(folder, 'tiny.gguf');
writeFileSync(file, 'GGUF....');

describe('a GGUF file', () => {
  it.each<[object, RegExp]>([
    [{ file: join(folder, 'none.gguf') }, /Expected a GGUF file at .*none\.gguf: ENOENT/],
    [{ file: folder }, /Expected a GGUF file at/],
    [{ file: undefined }, /Expected a GGUF file at undefined/],
    [{ file: import.meta.filename }, /it does not begin as one/],
    [{ file, threads: 0 }, /threads of llamaCpp\(\)/],
    [{ file, contextSize: 1.5 }, /contextSize of llamaCpp\(\)/],
  ])('is refused at the door: %j', (options, message) => {
    expect(() => llamaCpp(options as never)).toThrow(message);
  });

  it('says what to install where the package is not there', async () => {
    await using model = llamaCpp({ file });
    expect(model.name).toBe('gguf:tiny.gguf');
    const signal = new AbortController().signal;
    const call = model.generate({ system: '', prompt: 'x', schema: {}, signal });
    await expect(call).rejects.toMatchObject({ code: 'PEER_MISSING', details: { package: 'node-llama-cpp' } });
    await expect(call).rejects.toThrow(/npm install node-llama-cpp$/);
  });
});

describe('the schema of a grammar', () => {
  it('has all properties, oneOf for anyOf, and records', () => {
    const form = grammarSchema({
      type: 'object',
      properties: {
        anyOf: { type: 'string' }, // a name, not a word of the schema
        values: { type: 'object', additionalProperties: { type: ['number', 'string'] } },
        items: { type: 'array', items: { anyOf: [{ const: 1 }, { type: 'null' }] }, maxItems: 3 },
      },
      required: ['values'],
    });
    expect(form?.schema).toEqual({
      type: 'object',
      properties: {
        anyOf: { oneOf: [{ type: 'string' }, { type: 'null' }] },
        values: {
          type: 'object',
          properties: {},
          required: [],
          additionalProperties: { type: ['number', 'string'] },
        },
        items: {
          oneOf: [{ type: 'array', items: { oneOf: [{ const: 1 }, { type: 'null' }] }, maxItems: 3 }, { type: 'null' }],
        },
      },
      required: ['anyOf', 'values', 'items'],
      additionalProperties: false,
    });
    expect(form?.restore('{"anyOf":null,"values":{"a":1},"items":null}')).toBe('{"values":{"a":1}}');
  });

  it('is none where the schema has references', () => {
    expect(grammarSchema({ $ref: '#/$defs/a' })).toBeUndefined();
  });
});
