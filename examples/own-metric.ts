// A metric of one's own: what a decision earns. It steers the search, and decides when a mail is worth sending.
import { costMetric, defineMetric, evaluate, Trainer } from 'traineragent';

const profit = costMetric({
  name: 'profit',
  about: 'Earned a penguin, in euros: a ring costs 5, and a ringed Gentoo brings 20.',
  greaterIsBetter: true,
  costs: [
    [0, -5], // another species: left alone, ringed in vain
    [0, 15], // a Gentoo: missed, ringed
  ],
});

const surprise = defineMetric({
  name: 'surprise',
  title: 'worst surprise',
  about: 'The least probability that was given to what came true, less from 1.',
  greaterIsBetter: false,
  needs: 'probabilities', // or 'labels' for their counts, 'values' for numbers
  value: ({ truth, probabilities }) =>
    truth.reduce((worst, k, row) => Math.max(worst, k === 1 ? 1 - probabilities[row]! : probabilities[row]!), 0),
});

const trainer = new Trainer({ metrics: [profit, surprise] });
const rows = Array.from({ length: 400 }, (_, i) => {
  const mass = 3000 + ((i * 7919) % 3000);
  return { mass, flipper: 180 + ((i * 31) % 50), gentoo: mass + ((i * 613) % 900) > 5000 ? 'yes' : 'no' };
});
const run = trainer.run({
  prompt: 'Ring the right penguins: a profit of at least 2 each.', // by name in the prompt, or task: { metric: 'profit' }
  data: rows.slice(0, 300),
  task: { target: 'gentoo', positive: 'yes' },
});
const outcome = await run.result;
if (outcome.status === 'complete') {
  const [score] = outcome.facts.scores;
  console.log(score?.metric, score?.value, [score?.low, score?.high], outcome.meetsTargets);
  const later = await evaluate(outcome.model, rows.slice(300), { metrics: [profit, surprise, 'rocAuc'] });
  console.log(later.text);
}
