import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LanguageModel, type ModelRequest, Trainer, type TrainerMode } from '../src/index.ts';
import { usageOfError } from '../src/llm/model-error.ts';
import { adversarialModel, recordingModel } from '../src/testing/index.ts';
import { benchModel } from './agents/model.ts';
import { type Bench, makeRow, type Row } from './row.ts';

interface Call {
  readonly system: string;
  readonly prompt: readonly string[];
  readonly schema: ModelRequest['schema'];
}

function sharedBeginning(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

const cases: readonly (readonly [data: string, mode: TrainerMode])[] = [
  ['penguins', 'agents'],
  ['cars', 'agents'],
  ['penguins', 'single'],
];

/** The calls of a run with a model that answers at random. */
async function recorded(folder: string, data: string, mode: TrainerMode): Promise<readonly Call[]> {
  const file = join(folder, `${data}-${mode}.json`);
  await new Trainer({ llm: recordingModel(adversarialModel(1), file), mode }).run({
    prompt: data === 'cars' ? 'Predict the miles per gallon of a car.' : 'Predict the species of a penguin.',
    data: `examples/data/${data}.csv`,
    budget: { workUnits: 100 },
  }).result;
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly calls: readonly Call[] }).calls;
}

/** Tokens as the model's runtime counts them, of calls in their order; a reply of one token is enough to be told. */
async function countedBy(model: LanguageModel, calls: readonly Call[]) {
  let input = 0;
  let cached = 0;
  for (const { system, prompt, schema } of calls) {
    const signal = new AbortController().signal;
    const usage = await model
      .generate({ system, prompt: prompt.join('\n'), schema, maxOutputTokens: 1, signal })
      .then((reply) => reply.usage, usageOfError);
    input += usage?.inputTokens ?? Number.NaN;
    cached += usage?.cachedInputTokens ?? 0;
  }
  return { input, cached };
}

/**
 * The share of what a run sends to a language model that a provider's prompt cache could hold: of each call of a recorded run,
 * the longest beginning that an earlier call had too, in characters; and of its tokens those that the runtime of
 * `TRAINERAGENT_MODEL` (SmolLM2) says that it had computed before.
 */
const bench: Bench = {
  name: 'prompt-cache',
  about: 'Share of prompts that an earlier call of the run began with',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-'));
    const rows: Row[] = [];
    try {
      for (const [data, mode] of cases) {
        const calls = await recorded(folder, data, mode);
        const texts = calls.map(({ system, prompt }) => `${system}\n\n${prompt.join('\n')}`);
        const sent = texts.reduce((sum, text) => sum + text.length, 0);
        const shared = texts.reduce(
          (sum, text, i) => sum + Math.max(0, ...texts.slice(0, i).map((earlier) => sharedBeginning(text, earlier))),
          0,
        );
        const row = (metric: string, ours: number, peer: number, must: string) =>
          rows.push(
            makeRow({
              bench: 'prompt-cache',
              case: `${data}, ${mode === 'single' ? 'one agent' : 'four agents'}, ${texts.length} calls`,
              ...{ metric, ours, peer, must },
              ratio: ours / peer,
            }),
          );
        row('characters that could be cached, of those sent', shared, sent, '>= 0.15');
        const model = await benchModel(process.env.TRAINERAGENT_MODEL ?? 'smollm2');
        const { cached, input } = await countedBy(model, calls);
        await (model as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
        row(`tokens that ${model.name} counted as cached, of those sent`, cached, input, '>= 0.05');
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return rows;
  },
};

export default bench;
