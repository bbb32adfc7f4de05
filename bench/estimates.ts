import { createRandom } from '../src/core/helpers/random.ts';
import { Trainer } from '../src/index.ts';
import type { MeasureOutput } from '../src/tools/actions/measure.ts';
import { type Bench, makeRow } from './row.ts';

/** What a run told of one model. */
interface Told {
  readonly predicted: { readonly latencyMs: number; readonly sizeBytes: number; readonly memoryBytes: number };
  readonly latencyMs: MeasureOutput['latencyMs'];
  readonly sizeBytes: number;
  readonly memoryBytes: number;
}

const learners = ['trees', 'linear'] as const;

/** Rows of numbers and categories with a target that depends on some. */
function rowsOf(rowCount: number, columns: number, seed: string): Record<string, number | string>[] {
  const random = createRandom(seed);
  return Array.from({ length: rowCount }, () => {
    const numbers = Array.from({ length: columns }, () => random.normal());
    const score = numbers[0]! * numbers[1 % columns]! + numbers[2 % columns]! + 0.5 * random.normal();
    const fields = numbers.map((value, i): [string, number | string] =>
      i % 5 === 4 ? [`c${i}`, `k${Math.floor((value + 4) * 3)}`] : [`n${i}`, value],
    );
    return { ...Object.fromEntries(fields), y: score > 0 ? 'yes' : 'no' };
  });
}

async function runOnce(rows: number, columns: number, learner: string): Promise<Told> {
  const run = new Trainer().run({
    prompt: 'Predict y.',
    data: rowsOf(rows, columns, `${rows}/${columns}`),
    budget: 'quick',
    answers: { 'model.candidates': { learners: [learner] } },
  } as never);
  let told: Told | undefined;
  for await (const event of run)
    if (event.type === 'message' && event.stage === 'server.estimate') told = event.body as unknown as Told;
  await run.result;
  if (told === undefined) throw new Error('Expected an estimate of the run, got none.');
  return told;
}

const bench: Bench = {
  name: 'estimates',
  about:
    'Median absolute error of what a run forecasts of its model (time of a record, size, memory) over runs of different sizes.',
  async run({ quick }) {
    const sizes = quick
      ? [[300, 4]]
      : [300, 1000, 3000, 10_000, 30_000].flatMap((rows) => [4, 10, 25].map((columns) => [rows, columns]));
    const told: Told[] = [];
    for (const [rows, columns] of sizes)
      for (const learner of learners) told.push(await runOnce(rows!, columns!, learner));
    const error = (pick: (one: Told) => readonly [predicted: number, measured: number]): number => {
      const errors = told.map((one) => {
        const [predicted, measured] = pick(one);
        return Math.abs(predicted - measured) / measured;
      });
      return errors.sort((a, b) => a - b)[errors.length >> 1]!;
    };
    const row = (metric: string, must: string, value: number) =>
      makeRow({ bench: 'estimates', case: `${told.length} runs`, metric, ours: value, peer: 1, ratio: value, must });
    return [
      row(
        'median error of the time of a record',
        '<= 0.3',
        error((one) => [one.predicted.latencyMs, one.latencyMs.p50]),
      ),
      row(
        'median error of the size',
        '<= 0.1',
        error((one) => [one.predicted.sizeBytes, one.sizeBytes]),
      ),
      row(
        'median error of the memory',
        '<= 0.3',
        error((one) => [one.predicted.memoryBytes, one.memoryBytes]),
      ),
    ];
  },
};

export default bench;
