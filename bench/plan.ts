import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trainer } from '../src/trainer.ts';
import { writeMixedCsv } from './csv-data.ts';
import { makeRow, type Row, type RunOptions } from './row.ts';

export default {
  name: 'plan',
  about:
    'What a run of a file would cost, without training: reading, profile, understanding, forecast; 20 mixed columns.',
  async run({ quick }: RunOptions): Promise<Row[]> {
    const rows = quick ? 50_000 : 1_000_000;
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-plan-'));
    try {
      const path = join(folder, 'rows.csv');
      writeMixedCsv(path, rows);
      const trainer = new Trainer();
      const stages: Record<string, number> = {};
      trainer.on('stage-end', ({ stage, seconds }) => {
        stages[stage] = Math.round(seconds * 1000) / 1000;
      });
      const started = performance.now();
      const plan = await trainer.plan({ prompt: 'Predict which customers are active.', data: path });
      const seconds = (performance.now() - started) / 1000;
      if (plan.status !== 'planned') throw new Error(`Expected a plan, got ${plan.status}: ${plan.text}`);
      console.error(JSON.stringify(stages));
      return [
        makeRow({
          bench: 'plan',
          case: `${rows} rows`,
          metric: 'seconds',
          ours: seconds,
          peer: 5,
          ratio: seconds,
          must: '<= 5',
        }),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
