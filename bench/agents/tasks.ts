import { createRandom } from '../../src/core/helpers/random.ts';
import type { DataRecord, RunRequest } from '../../src/index.ts';

/** A task whose truth is known: as many further rows as wanted can be drawn, and a claim held against them. */
export interface BenchTask {
  readonly name: string;
  readonly request: Pick<RunRequest, 'prompt'>;
  readonly target: string;
  /** The metric that the request asks for, by name or by what is usual; and what it must reach. */
  readonly metric: string;
  readonly threshold: number;
  /** Rows of this seed; those of another are of the same population. */
  rows(count: number, seed: number): DataRecord[];
}

function table(count: number, seed: number, row: (random: () => number, normal: () => number) => DataRecord) {
  const stream = createRandom(seed);
  return Array.from({ length: count }, () =>
    row(
      () => stream.next(),
      () => stream.normal(),
    ),
  );
}

export const tasks: readonly BenchTask[] = [
  {
    name: 'two classes, metric named',
    request: { prompt: 'Predict whether a customer churned, with a ROC AUC of at least 0.8.' },
    target: 'churned',
    metric: 'rocAuc',
    threshold: 0.8,
    rows: (count, seed) =>
      table(count, seed, (random, normal) => {
        const tenure = random() * 60;
        const calls = Math.floor(random() * 8);
        const plan = ['basic', 'plus', 'pro'][Math.floor(random() * 3)]!;
        const churned = 1.5 - tenure / 15 + calls / 2 - (plan === 'pro' ? 1 : 0) + normal() > 0;
        return { tenure, calls, plan, churned: churned ? 'yes' : 'no' };
      }),
  },
  {
    name: 'three classes, metric open',
    request: { prompt: 'Predict the grade of a stone; reach at least 0.7.' },
    target: 'grade',
    metric: 'balancedAccuracy',
    threshold: 0.7,
    rows: (count, seed) =>
      table(count, seed, (random, normal) => {
        const weight = random() * 5;
        const clarity = random();
        const value = weight * clarity + normal() / 5;
        return {
          weight,
          clarity,
          colour: ['d', 'e', 'f'][Math.floor(random() * 3)]!,
          grade: value < 0.7 ? 'low' : value < 2 ? 'fair' : 'high',
        };
      }),
  },
  {
    name: 'numbers, metric open',
    request: { prompt: 'Predict the rent; the typical error must be below 90.' },
    target: 'rent',
    metric: 'rmse',
    threshold: 90,
    rows: (count, seed) =>
      table(count, seed, (random, normal) => {
        const area = 20 + random() * 100;
        const floor = Math.floor(random() * 6);
        return { area, floor, lift: random() < 0.5, rent: 200 + 9 * area + 20 * floor + 60 * normal() };
      }),
  },
];
