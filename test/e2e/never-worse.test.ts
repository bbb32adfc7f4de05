import { describe, expect, it } from 'vitest';
import type { RunEvent, RunRequest } from '../../src/index.ts';
import { adversarialModel } from '../../src/testing/index.ts';
import { complete, finished, sampleRows } from './sample.ts';

const long = process.env.TRAINERAGENT_LONG === '1';
/** In each change one seed a data set, another in each. */
const seedsOf = (set: number) => (long ? Array.from({ length: 20 }, (_, seed) => seed) : [set]);
const size = long ? 600 : 120;

// The host names target and metric: with another metric, scores would not be comparable.
const requests: readonly (readonly [string, RunRequest])[] = [
  [
    'two classes',
    { prompt: 'Predict the label.', task: { target: 'label', metric: 'rocAuc' }, data: sampleRows(size) },
  ],
  [
    'three classes',
    {
      prompt: 'Predict the kind.',
      task: { target: 'kind', metric: 'balancedAccuracy' },
      data: sampleRows(size).map(({ label: _, ...row }, i) => ({
        ...row,
        kind: row.x + (i % 5) < 4 ? 'low' : row.x < 8 ? 'middle' : 'high',
      })),
    },
  ],
  [
    'numbers',
    {
      prompt: 'Predict the price.',
      task: { target: 'price', metric: 'rmse' },
      data: sampleRows(size).map(({ label: _, ...row }, i) => ({ ...row, price: 3 * row.x - row.y * row.x + (i % 7) })),
    },
  ],
];

/** The best mean validation score of a search, greater is better, and the score on the vault. */
async function scoreOf(request: RunRequest, seed?: number) {
  const { events, outcome } = await finished(
    { ...request, budget: { workUnits: long ? 600 : 40 } },
    seed === undefined ? {} : { llm: adversarialModel(seed) },
  );
  const { facts } = complete(outcome);
  const search = events.findLast(
    (event): event is RunEvent<'message'> => event.type === 'message' && event.stage === 'model.search',
  );
  const { ranking } = search!.body as unknown as { ranking: readonly { score: number }[] };
  return { validation: ranking[0]!.score, vault: facts.scores[0]!.value };
}

describe('a model that answers at random', () => {
  it.each(requests.map((request, set) => [...request, seedsOf(set)] as const))(
    'leads to no worse validation score than the rules (%s)',
    async (name, request, seeds) => {
      const rules = await scoreOf(request);
      const vaults: number[] = [];
      for (const seed of seeds) {
        const found = await scoreOf(request, seed);
        expect(found.validation).toBeGreaterThanOrEqual(rules.validation);
        vaults.push(found.vault);
      }
      // Nothing is promised for the vault; it is reported.
      if (long) console.log(`${name}: vault ${rules.vault} by rules; with the model ${vaults.join(', ')}`);
    },
    3_600_000,
  );
});
