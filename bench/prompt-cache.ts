import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trainer } from '../src/index.ts';
import { adversarialModel, recordingModel } from '../src/testing/index.ts';
import { type Bench, makeRow, type Row } from './row.ts';

interface Call {
  readonly system: string;
  readonly prompt: readonly string[];
}

function sharedBeginning(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/**
 * The share of what a run sends to a language model that a provider's prompt cache could hold: of each call of a recorded run,
 * the longest beginning that an earlier call had too.
 */
const bench: Bench = {
  name: 'prompt-cache',
  about: 'Share of prompts that an earlier call of the run began with',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-'));
    const rows: Row[] = [];
    try {
      for (const data of ['penguins', 'cars']) {
        const file = join(folder, `${data}.json`);
        await new Trainer({ llm: recordingModel(adversarialModel(1), file) }).run({
          prompt: data === 'cars' ? 'Predict the miles per gallon of a car.' : 'Predict the species of a penguin.',
          data: `examples/data/${data}.csv`,
          budget: { workUnits: 100 },
        }).result;
        const { calls } = JSON.parse(readFileSync(file, 'utf8')) as { readonly calls: readonly Call[] };
        const texts = calls.map(({ system, prompt }) => `${system}\n\n${prompt.join('\n')}`);
        const sent = texts.reduce((sum, text) => sum + text.length, 0);
        const shared = texts.reduce(
          (sum, text, i) => sum + Math.max(0, ...texts.slice(0, i).map((earlier) => sharedBeginning(text, earlier))),
          0,
        );
        rows.push(
          makeRow({
            bench: 'prompt-cache',
            case: `${data}, ${texts.length} calls`,
            metric: 'characters that could be cached, of those sent',
            ours: shared,
            peer: sent,
            ratio: shared / sent,
            must: '>= 0.2',
          }),
        );
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return rows;
  },
};

export default bench;
