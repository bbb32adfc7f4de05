import { fileURLToPath } from 'node:url';
import { Trainer } from '../src/trainer.ts';
import { makeRow, type Row, type RunOptions } from './row.ts';

const data = fileURLToPath(new URL('../examples/data/penguins.csv', import.meta.url));

interface Made {
  readonly seed: number;
  readonly score: number;
  readonly validation: number;
  readonly seconds: number;
  readonly sizeBytes: number;
}

/** One run as a host would make it; the seed moves the vault, the folds and every fit. */
async function make(seed: number): Promise<Made> {
  const started = performance.now();
  const outcome = await new Trainer().run({ prompt: 'Predict the species of a penguin.', data, seed }).result;
  const seconds = (performance.now() - started) / 1000;
  if (outcome.status !== 'complete') throw new Error(`Expected seed ${seed} to give a model, got ${outcome.status}.`);
  const { scores, winner } = outcome.facts;
  const made = {
    seed,
    score: scores[0]!.value,
    validation: winner?.validationScore ?? Number.NaN,
    seconds,
    sizeBytes: outcome.model.sizeBytes,
  };
  await outcome.model[Symbol.asyncDispose]();
  const members = winner?.members.map(({ learner }) => learner).join(' + ');
  console.error(
    `seed ${seed}: ${scores[0]!.metric} ${made.score.toFixed(4)} on the vault, ${made.validation.toFixed(4)} over the folds; ${members}, ${made.sizeBytes} bytes, ${seconds.toFixed(1)} s`,
  );
  return made;
}

export default {
  name: 'penguins',
  about:
    'The Palmer penguins by default settings, 20 seeds, each with its own vault: score, time and size of the model.',
  async run({ quick }: RunOptions): Promise<Row[]> {
    const made: Made[] = [];
    for (let seed = 0; seed < (quick ? 3 : 20); seed++) made.push(await make(seed));
    const values = (of: keyof Made) => made.map((run) => run[of]);
    const mean = (of: keyof Made) => values(of).reduce((a, b) => a + b, 0) / made.length;
    const row = (metric: string, ours: number, bound: number, must: string): Row =>
      makeRow({ bench: 'penguins', case: `${made.length} seeds`, metric, ours, peer: bound, ratio: ours, must });
    return [
      row('balanced accuracy on the vault, mean', mean('score'), 0.98, '>= 0.98'),
      row('balanced accuracy on the vault, least', Math.min(...values('score')), 0.93, '>= 0.93'),
      row('seconds, most', Math.max(...values('seconds')), 10, '<= 10'),
      row('bytes of the model, most', Math.max(...values('sizeBytes')), 300_000, '<= 300000'),
    ];
  },
};
