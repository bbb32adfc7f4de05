// What would it cost? And what if one decision had been another?
import { fileStore, Trainer } from 'traineragent';

const trainer = new Trainer({ store: fileStore('runs') });
const request = { prompt: 'Predict the species of a penguin.', data: 'penguins.csv' };

const plan = await trainer.plan(request); // trains nothing
console.log(plan.text);

if (plan.status === 'planned') {
  const run = trainer.run(request);
  await run.result;
  const fork = trainer.fork(run.id, { at: 'model.calibration', answer: { method: 'none' } });
  const comparison = await fork.comparison(); // what was recorded before the decision is not done again
  console.log(comparison.text);
}
