import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createRandom } from '../src/core/helpers/random.ts';
import { Trainer } from '../src/trainer.ts';
import { makeRow, type Row, type RunOptions } from './row.ts';

const columns = 20;

/** Numbers and categories with a signal that trees find and a linear model half finds. */
function makeCsv(rowCount: number): string {
  const random = createRandom('event-loop');
  const names = Array.from({ length: columns - 1 }, (_, i) => (i % 5 === 4 ? `kind${i}` : `x${i}`));
  const lines = [[...names, 'churned'].join(',')];
  for (let row = 0; row < rowCount; row++) {
    const numbers = names.map(() => random.normal());
    const logit = numbers[0]! + (numbers[1]! > 0 ? numbers[2]! : -numbers[2]!) + 0.5 * numbers[4]!;
    const cells = numbers.map((value, i) => (i % 5 === 4 ? `k${Math.floor(Math.abs(value) * 4)}` : value.toFixed(4)));
    lines.push([...cells, random.next() < 1 / (1 + Math.exp(-logit)) ? 'yes' : 'no'].join(','));
  }
  return `${lines.join('\n')}\n`;
}

export default {
  name: 'event-loop',
  about: 'How long the event loop of the host is held while a run goes on in its process; data of 20,000 × 20.',
  async run({ quick }: RunOptions): Promise<Row[]> {
    const rowCount = quick ? 2000 : 20_000;
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-bench-'));
    try {
      const data = join(folder, 'rows.csv');
      await writeFile(data, makeCsv(rowCount));
      // A timer of 1 ms: what it measures is its own period and what held it up.
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const started = performance.now();
      const run = new Trainer().run({ prompt: 'Predict churned.', data, budget: quick ? 'quick' : 'normal' });
      let events = 0;
      for await (const _event of run) events++;
      const outcome = await run.result;
      const seconds = (performance.now() - started) / 1000;
      delay.disable();
      const ms = (nanoseconds: number) => nanoseconds / 1e6;
      console.error(
        `${outcome.status} after ${seconds.toFixed(1)} s, ${events} events, ${outcome.facts.trials.length} trials; loop held p50 ${ms(delay.percentile(50)).toFixed(2)}, p99 ${ms(delay.percentile(99)).toFixed(2)}, p99.9 ${ms(delay.percentile(99.9)).toFixed(2)}, most ${ms(delay.max).toFixed(1)} ms`,
      );
      const p99 = ms(delay.percentile(99));
      return [
        makeRow({
          bench: 'event-loop',
          case: `${rowCount} × ${columns}`,
          metric: 'delay p99, ms',
          ours: p99,
          peer: 20,
          ratio: p99,
          must: '<= 20',
        }),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
