import { createRandom } from '../src/core/helpers/random.ts';
import type { ClassWeight } from '../src/core/task-spec.ts';
import { Trainer } from '../src/trainer.ts';
import { makeRow, type Row, type RunOptions } from './row.ts';

type Payment = { readonly amount: number; readonly hour: number; readonly visits: number; readonly shop: string };

/** Rows of which a share is fraud, by a score that bends and in which amounts and shops act together. */
function payments(count: number, share: number, seed: string): (Payment & { readonly fraud: string })[] {
  const random = createRandom(seed);
  const rows = Array.from({ length: count }, () => {
    const [amount, hour, visits] = [random.normal(), random.normal(), random.normal()];
    const shop = ['a', 'b', 'c', 'd'][random.integer(4)]!;
    const score = 0.8 * amount + 0.6 * hour * hour + (shop === 'a' ? 1.2 * amount : 0.4 * visits) + random.normal();
    return { amount, hour, visits, shop, score };
  });
  const limit = rows.map(({ score }) => score).sort((a, b) => b - a)[Math.round(share * count)]!;
  return rows.map(({ score, ...row }) => ({ ...row, fraud: score > limit ? 'yes' : 'no' }));
}

interface Scores {
  readonly balancedAccuracy: number;
  readonly logLoss: number;
}

/** Scores on rows that nothing was chosen by. */
async function scoresOf(learner: string, share: number, seed: number, classWeight: ClassWeight): Promise<Scores> {
  const outcome = await new Trainer().run({
    prompt: 'Predict fraud.',
    data: payments(4000, share, `learn/${share}/${seed}`),
    task: { classWeight, metric: 'balancedAccuracy' },
    answers: { 'model.candidates': { learners: [learner] } },
    budget: { workUnits: 2000 },
    seed,
  }).result;
  if (outcome.status !== 'complete') throw new Error(`Expected a model, got ${outcome.status}.`);
  const later = payments(20_000, share, `later/${share}/${seed}`);
  const answers = await outcome.model.predict(later);
  const [right, all] = [
    [0, 0],
    [0, 0],
  ];
  let loss = 0;
  answers.forEach((answer, row) => {
    const { prediction, probabilities } = answer as { prediction: string; probabilities: Record<string, number> };
    const { fraud } = later[row]!;
    const k = fraud === 'yes' ? 1 : 0;
    all[k]!++;
    if (prediction === fraud) right[k]!++;
    loss -= Math.log(Math.max(1e-15, probabilities[fraud]!)) / later.length;
  });
  await outcome.model[Symbol.asyncDispose]();
  return { balancedAccuracy: (right[0]! / all[0]! + right[1]! / all[1]!) / 2, logLoss: loss };
}

export default {
  name: 'class-weight',
  about:
    'What balanced class weights gain over rows as they come, where the decision rule is chosen for balanced accuracy: 4,000 rows learned, 20,000 judged.',
  async run({ quick }: RunOptions): Promise<Row[]> {
    const rows: Row[] = [];
    for (const learner of ['linear', 'trees']) {
      for (const share of quick ? [0.05] : [0.01, 0.05, 0.2]) {
        const sums = { none: { balancedAccuracy: 0, logLoss: 0 }, balanced: { balancedAccuracy: 0, logLoss: 0 } };
        const seeds = quick ? 1 : 3;
        for (let seed = 0; seed < seeds; seed++) {
          for (const classWeight of ['none', 'balanced'] as const) {
            const { balancedAccuracy, logLoss } = await scoresOf(learner, share, seed, classWeight);
            sums[classWeight].balancedAccuracy += balancedAccuracy / seeds;
            sums[classWeight].logLoss += logLoss / seeds;
          }
        }
        const { none, balanced } = sums;
        const row = { bench: 'class-weight', case: `${learner}, ${100 * share} % rare` };
        const gain = balanced.balancedAccuracy - none.balancedAccuracy;
        rows.push(
          makeRow({
            ...row,
            metric: 'balanced accuracy (ours: balanced, peer: as they come)',
            ours: balanced.balancedAccuracy,
            peer: none.balancedAccuracy,
            ratio: gain,
            must: '-0.03..0.03',
          }),
          makeRow({
            ...row,
            metric: 'log loss (ours: balanced, peer: as they come)',
            ours: balanced.logLoss,
            peer: none.logLoss,
            ratio: balanced.logLoss / none.logLoss,
            must: '<= 1.25',
          }),
        );
      }
    }
    return rows;
  },
};
