import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFolder } from '../src/core/file-store.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { readJournal } from '../src/core/run-folder.ts';
import { Trainer } from '../src/trainer.ts';
import { makeRow, type Row, type RunOptions } from './row.ts';

/** A wide table with a label that follows from some of its columns: 40 numbers and 10 categories of 50. */
function* records(rows: number, columns: number): Generator<Record<string, unknown>> {
  const random = createRandom('report');
  for (let row = 0; row < rows; row++) {
    const record: Record<string, unknown> = {};
    let score = random.normal();
    for (let column = 0; column < columns; column++) {
      if (column % 5 === 4) record[`c${column}`] = `v${Math.floor(random.next() * 12)}`;
      else {
        const value = random.normal();
        record[`n${column}`] = value;
        if (column < 12) score += value * (column % 2 === 0 ? 1 : -0.5);
      }
    }
    record.label = score > 0 ? 'yes' : 'no';
    yield record;
  }
}

export default {
  name: 'report',
  about:
    'A report with its explanations (learning curve apart, which is counted as search), of 100,000 rows of 50 columns.',
  async run({ quick }: RunOptions): Promise<Row[]> {
    const [rows, columns] = quick ? [5_000, 20] : [100_000, 50];
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-report-'));
    try {
      const outcome = await new Trainer({ store: runFolder(folder) }).run({
        prompt: 'Predict the label.',
        data: [...records(rows, columns)],
        budget: 'quick',
        answers: { 'model.candidates': { learners: ['trees'] } },
      }).result;
      if (outcome.status !== 'complete') throw new Error(`Expected a model, got ${outcome.status}.`);
      const bodies = readJournal(await readFile(join(folder, 'journal.jsonl'))).records.map(({ body }) => body);
      const seconds = (tool: string): number =>
        bodies.reduce((sum, body) => sum + (body.kind === 'call' && body.at.name === tool ? body.seconds : 0), 0);
      const started = performance.now();
      const html = await outcome.report();
      const drawing = (performance.now() - started) / 1000;
      const made = { explain: seconds('explain'), importance: seconds('importance'), drawing };
      console.error(
        `${JSON.stringify(made)}; ${outcome.facts.explanation?.importance?.rows} rows shuffled, ${outcome.facts.explanation?.dependence.rows} for partial dependence; ${html.length} characters`,
      );
      const name = `${rows} × ${columns}`;
      const total = made.explain + made.importance + made.drawing;
      const row = (metric: string, ours: number, bound: number, must: string): Row =>
        makeRow({ bench: 'report', case: name, metric, ours, peer: bound, ratio: ours, must });
      return [
        row('seconds, explanations and drawing', total, 5, '<= 5'),
        row('megabytes', Buffer.byteLength(html) / 1e6, 2, '<= 2'),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
