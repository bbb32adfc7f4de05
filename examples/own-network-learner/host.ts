// Trains with a learner that is a network. As an object it runs on the host's thread; a module would run in the child.
import { Trainer } from 'traineragent';
import shallow from './shallow.js';

const outcome = await new Trainer({ learners: [shallow] }).run({
  prompt: 'Predict the species of a penguin.',
  data: 'penguins.csv',
  answers: { 'model.candidates': { learners: ['shallow'] } },
}).result;
if (outcome.status === 'complete') {
  const { metric, value } = outcome.facts.scores[0]!;
  console.log(metric, value, outcome.facts.winner?.members.map(({ learner }) => learner).join());
}
