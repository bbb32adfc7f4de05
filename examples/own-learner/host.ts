// Trains with a learner of one's own beside the built-in ones. As a module it runs in the child process, like theirs.
import { Trainer } from 'traineragent';

const trainer = new Trainer({ learners: [new URL('./naive-bayes.js', import.meta.url)] }); // compiled from naive-bayes.ts
const run = trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' });
const outcome = await run.result;

const own = outcome.facts.trials.filter(({ learner }) => learner === 'naive-bayes');
console.log(`${own.length} trials, best ${Math.max(...own.map(({ score }) => score ?? 0))}`);
