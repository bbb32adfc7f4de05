import { deepStrictEqual, match, ok, rejects } from 'node:assert';
import { redact } from '../core/helpers/redact.ts';
import { extractJson } from '../llm/extract-json.ts';
import type { LanguageModel, ModelRequest } from '../llm/language-model.ts';
import type { ConformanceTest } from './conformance-test.ts';

const system = 'You answer with one JSON value of the JSON Schema that you are given, and nothing else.';

function prompt(question: string, schema: object): string {
  return `Question: ${question}\nAnswer with one JSON value of this JSON Schema and nothing else:\n${JSON.stringify(schema)}`;
}

const object = (properties: object, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** Questions that any model can answer, with what an answer has to be. */
const questions: readonly {
  readonly name: string;
  readonly ask: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly holds: (value: unknown) => boolean;
}[] = [
  {
    name: 'an object with a word of a list',
    ask: 'Which of the colours is the colour of the sky by day?',
    schema: object({ colour: { type: 'string', enum: ['blue', 'green'] } }, ['colour']),
    holds: (value) => ['blue', 'green'].includes((value as { colour?: string } | undefined)?.colour ?? ''),
  },
  {
    name: 'a property that may be left out, which is then not null',
    ask: 'Set "metric" to "rmse", and leave "threshold" out.',
    schema: object({ metric: { type: 'string', enum: ['rmse', 'mae'] }, threshold: { type: 'number' } }, ['metric']),
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      'metric' in value &&
      (value as { threshold?: unknown }).threshold !== null,
  },
  {
    name: 'an array at the root',
    ask: 'List the first two letters of the Latin alphabet.',
    schema: { type: 'array', items: { type: 'string', enum: ['a', 'b', 'c'] } },
    holds: (value) => Array.isArray(value) && value.every((item) => ['a', 'b', 'c'].includes(item as string)),
  },
  {
    name: 'words beyond ASCII',
    ask: 'Which of the words means "size"?',
    schema: object({ word: { type: 'string', enum: ['größe', '値段'] } }, ['word']),
    holds: (value) => ['größe', '値段'].includes((value as { word?: string } | undefined)?.word ?? ''),
  },
];

/**
 * What every language model has to keep, as tests for any test runner: they ask it (nine short calls), so give it a recorded
 * conversation or a local server where that costs.
 *
 * @example
 * for (const { name, run } of languageModelConformance(myModel)) it(name, run);
 */
export function languageModelConformance(model: LanguageModel): readonly ConformanceTest[] {
  const request = (ask: string, schema: Readonly<Record<string, unknown>>, signal?: AbortSignal): ModelRequest => ({
    system,
    prompt: prompt(ask, schema),
    schema,
    signal: signal ?? new AbortController().signal,
  });
  const [first] = questions;
  return [
    {
      name: 'has a name of one line, without anything that looks like a key',
      async run() {
        match(model.name, /^\S[^\n]{0,199}$/);
        deepStrictEqual(redact(model.name), model.name);
      },
    },
    {
      name: 'declares how it holds answers to a schema',
      async run() {
        ok(['native', 'tool', 'none'].includes(model.capabilities.structuredOutput));
      },
    },
    ...questions.map(({ name, ask, schema, holds }) => ({
      name: `answers ${name}`,
      async run() {
        const { text } = await model.generate(request(ask, schema));
        // Only a model that promises a schema is held to it: others are checked and repaired by whoever asks.
        const value = model.capabilities.structuredOutput === 'none' ? extractJson(text) : JSON.parse(text);
        if (model.capabilities.structuredOutput !== 'none')
          ok(holds(value), `Expected an answer of the schema, got ${text.slice(0, 200)}`);
      },
    })),
    {
      name: 'counts tokens in whole numbers, where it counts them',
      async run() {
        const { usage } = await model.generate(request(first!.ask, first!.schema));
        for (const count of Object.values(usage ?? {})) ok(Number.isSafeInteger(count) && count >= 0);
      },
    },
    {
      name: 'leaves the request as it was',
      async run() {
        const asked = request(first!.ask, structuredClone(first!.schema));
        await model.generate(asked);
        deepStrictEqual(asked.schema, first!.schema);
      },
    },
    {
      name: 'answers calls at the same time, each its own',
      async run() {
        const replies = await Promise.all(
          questions.slice(0, 2).map(({ ask, schema }) => model.generate(request(ask, schema))),
        );
        ok(replies.every(({ text }) => typeof text === 'string'));
      },
    },
    {
      name: 'rejects a call that was aborted before it began',
      async run() {
        await rejects(async () =>
          model.generate(request(first!.ask, first!.schema, AbortSignal.abort(new Error('enough')))),
        );
      },
    },
  ];
}
