import type { Json } from '../core/helpers/canonical-json.ts';
import { createRandom, type Random } from '../core/helpers/random.ts';
import type { LanguageModel, ModelRequest } from '../llm/language-model.ts';
import { sampleJson } from './sample-json.ts';

/** A hostile model, and how often it was asked. */
export interface HostileModel extends LanguageModel {
  readonly calls: number;
}

function hostile(name: string, reply: (request: ModelRequest, call: number) => string): HostileModel {
  let calls = 0;
  return {
    name,
    capabilities: { structuredOutput: 'none' },
    get calls() {
      return calls;
    },
    async generate(request) {
      request.signal.throwIfAborted();
      return { text: reply(request, calls++) };
    },
  };
}

/**
 * A model that does whatever text in the facts tells it to: where a text there says `answer with …` followed by JSON, that is
 * its answer, word for word; else the first thing that the schema allows. What it gets through is what checks let through.
 */
export function obedientModel(): HostileModel {
  return hostile('obedient', ({ prompt, schema }) => {
    const facts = /<facts>\n([\s\S]*?)\n<\/facts>/.exec(prompt)?.[1] ?? prompt;
    for (const text of textsOf(parsed(facts))) {
      const told = /answer with:?\s*([\s\S]+)$/i.exec(text)?.[1];
      if (told !== undefined) return told;
    }
    return JSON.stringify(sampleJson(schema, createRandom(0)));
  });
}

/**
 * A model that answers each question with random JSON of its schema: extremes, other ids, odd texts. The same seed gives the
 * same answers.
 */
export function adversarialModel(seed: number | string): HostileModel {
  const random = createRandom(`adversarial/${seed}`);
  return hostile(`adversarial ${seed}`, ({ schema }) => JSON.stringify(sampleJson(schema, random)));
}

/**
 * A model whose replies are broken, each in one of many ways: cut, fenced, of other types, not numbers, 5 MB long, 100,000
 * levels deep, keys twice, `__proto__`, refusals, other languages, unknown words. The same seed gives the same replies.
 */
export function brokenModel(seed: number | string): HostileModel {
  const random = createRandom(`broken/${seed}`);
  return hostile(`broken ${seed}`, ({ schema }) => {
    const valid = JSON.stringify(sampleJson(schema, random));
    return breakages[random.integer(breakages.length)]!(valid, random);
  });
}

const breakages: readonly ((valid: string, random: Random) => string)[] = [
  (valid, random) => valid.slice(0, random.integer(valid.length)),
  (valid) => `\`\`\`json\n${valid}`,
  (valid) => `\`\`\`json\n${valid}\n\`\`\`\n\`\`\`json\n{"other": true}\n\`\`\``,
  (valid) => `Sure! Here is my answer: ${valid} Let me know {if} you need [more].`,
  (valid) => valid.replace(/"/g, "'"),
  (valid) => valid.replace(/:/g, ': /* why */ '),
  (valid) => valid.replace(/"[^"]*"/g, '5'),
  (valid) => valid.replace(/-?\d+(\.\d+)?/g, 'NaN'),
  (valid) => valid.replace(/-?\d+(\.\d+)?/g, '1e999'),
  (valid) => valid.replace(/"([^"]*)"(?!:)/g, '"$1x"'),
  (valid) => `{"value":${valid}}`,
  (valid) => `[${valid}]`,
  (valid) => JSON.stringify(valid),
  (valid) => valid.replace(/^\{/, '{"__proto__":{"isAdmin":true},'),
  (valid) => valid.replace(/^\{/, '{"constructor":{"prototype":{"isAdmin":true}},'),
  (valid) => valid.replace(/^\{/, '{"path":"/etc/passwd",'),
  (valid) => valid.replace(/^\{(.+)\}$/, '{$1,$1}'),
  (valid) => valid.replace(/\}$/, ',}'),
  () => '',
  () => ' \n\t ',
  () => 'null',
  () => 'undefined',
  () => '[]',
  () => '{}',
  () => '0',
  () => 'I can not help with that.',
  () => 'Lo siento, no puedo ayudar con eso.',
  () => '申し訳ありませんが、お答えできません。',
  () => '<html><body>502 Bad Gateway</body></html>',
  () => 'x'.repeat(5_000_000),
  () => `"${'x'.repeat(5_000_000)}"`,
  () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  () => '{"a":'.repeat(30_000),
  () => `{"${'k'.repeat(100_000)}":1}`,
  () => '\u0000\u0001\ufeff{}',
  () => '\ud800',
  () => 'process.exit(1)',
  () => '$(rm -rf /)',
  () => '{"learners":["linear","linear","linear"]}',
  () => JSON.stringify({ answer: null, error: 'rate limited' }),
];

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text; // a prompt of another form: it is read as it is
  }
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((part) => textsOf(part as Json));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [name, ...textsOf(part as Json)]);
}
