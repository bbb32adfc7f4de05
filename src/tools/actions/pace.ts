import { performance } from 'node:perf_hooks';
import { createRandom } from '../../core/helpers/random.ts';
import type { LearnerFacts, TrainingRows } from '../learn/learner.ts';
import { defineAction } from './action.ts';

/** How fast this machine works, for forecasts alone: nothing is chosen by it. */
export interface Pace {
  /** Milliseconds of one work unit (a million counted operations) of boosted trees. */
  readonly msPerUnit: number;
}

const rowCount = 4000;
const numberCount = 10;
const facts: LearnerFacts = {
  task: 'binary',
  classCount: 2,
  rowCount,
  numberCount,
  categorySizes: [],
  missingShare: 0,
};

/** Rows that are the same everywhere; what they say does not matter. */
function someRows(): TrainingRows {
  const random = createRandom('pace');
  const numbers = Array.from({ length: numberCount }, (_, i) => ({
    name: `n${i}`,
    values: Float32Array.from({ length: rowCount }, () => random.next()),
  }));
  const target = Float64Array.from({ length: rowCount }, (_, row) =>
    numbers[0]!.values[row]! + random.next() > 1 ? 1 : 0,
  );
  return { features: { rowCount, numbers, categories: [] }, target };
}

/** Clocks a small fit on made-up rows, the second time, when the code is warm. */
export const pace = defineAction<Record<string, never>, Pace>({
  name: 'pace',
  async run(_input, context) {
    const learner = await context.learner('trees');
    const configuration = { ...learner.defaults(facts), iterations: 20, earlyStopping: 0 };
    const rows = someRows();
    const clocked = async () => {
      const started = performance.now();
      await learner.fit(rows, configuration, facts, { random: createRandom('pace'), threads: context.cores });
      return performance.now() - started;
    };
    await clocked();
    return { msPerUnit: (await clocked()) / learner.cost(configuration, facts) };
  },
});
