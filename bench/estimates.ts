import { createRandom } from '../src/core/helpers/random.ts';
import { Trainer } from '../src/index.ts';
import type { MeasureOutput } from '../src/tools/actions/measure.ts';
import { type Bench, makeRow } from './row.ts';

/** What a run told of one model. */
interface Told {
  readonly predicted: {
    readonly latencyMs: number;
    readonly batchMs: number;
    readonly sizeBytes: number;
    readonly memoryBytes: number;
  };
  readonly before?: {
    readonly trainSeconds: number;
    readonly peakBytes: number;
    readonly learner?: Told['predicted'];
  };
  readonly latencyMs: MeasureOutput['latencyMs'];
  readonly batchMs: MeasureOutput['batchMs'];
  readonly sizeBytes: number;
  readonly memoryBytes: number;
  readonly trainSeconds: number;
  readonly peakBytes: number;
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
    'Median absolute error of what a run forecasts of training and of its model, before training and before deployment, over runs of different sizes.',
  async run({ quick }) {
    const sizes = quick
      ? [
          [300, 4],
          [3000, 10],
        ]
      : [300, 1000, 3000, 10_000, 30_000].flatMap((rows) => [4, 10, 25].map((columns) => [rows, columns]));
    const told: Told[] = [];
    for (const [rows, columns] of sizes)
      for (const learner of learners) {
        const one = await runOnce(rows!, columns!, learner);
        if (process.env.TRAINERAGENT_BENCH_TELL !== undefined)
          console.error(JSON.stringify({ rows, columns, learnerName: learner, ...one }));
        told.push(one);
      }
    const error = (pick: (one: Told) => readonly [predicted: number, measured: number]): number => {
      const errors = told.map((one) => {
        const [predicted, measured] = pick(one);
        return Math.abs(predicted - measured) / measured;
      });
      errors.sort((a, b) => a - b);
      return (errors[(errors.length - 1) >> 1]! + errors[errors.length >> 1]!) / 2;
    };
    const row = (metric: string, must: string, value: number) =>
      makeRow({ bench: 'estimates', case: `${told.length} runs`, metric, ours: value, peer: 1, ratio: value, must });
    const before = (one: Told) => one.before!.learner!;
    return [
      row(
        'before training: time to train',
        '<= 0.3',
        error((one) => [one.before!.trainSeconds, one.trainSeconds]),
      ),
      row(
        'before training: peak memory',
        '<= 0.3',
        error((one) => [one.before!.peakBytes, one.peakBytes]),
      ),
      row(
        'before training: time of a record',
        '<= 0.3',
        error((one) => [before(one).latencyMs, one.latencyMs.p50]),
      ),
      row(
        'before training: time of a batch',
        '<= 0.3',
        error((one) => [before(one).batchMs, one.batchMs.p50]),
      ),
      row(
        'before training: size',
        '<= 0.1',
        error((one) => [before(one).sizeBytes, one.sizeBytes]),
      ),
      row(
        'before training: memory',
        '<= 0.3',
        error((one) => [before(one).memoryBytes, one.memoryBytes]),
      ),
      row(
        'before deployment: time of a record',
        '<= 0.3',
        error((one) => [one.predicted.latencyMs, one.latencyMs.p50]),
      ),
      row(
        'before deployment: time of a batch',
        '<= 0.3',
        error((one) => [one.predicted.batchMs, one.batchMs.p50]),
      ),
      row(
        'before deployment: size',
        '<= 0.1',
        error((one) => [one.predicted.sizeBytes, one.sizeBytes]),
      ),
      row(
        'before deployment: memory',
        '<= 0.3',
        error((one) => [one.predicted.memoryBytes, one.memoryBytes]),
      ),
    ];
  },
};

export default bench;
