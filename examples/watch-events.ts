// Watches a run while it works: an iterator with every event, and a listener for one kind.
import { Trainer } from 'traineragent';

const trainer = new Trainer();
trainer.on('run-end', ({ status, seconds }) => console.log(`${status} after ${seconds.toFixed(1)} s`));

const run = trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' });
for await (const event of run) {
  if (event.type === 'message') console.log(`${event.from} → ${event.to}: ${event.summary}`);
  if (event.type === 'decision') console.log(`${event.question} = ${JSON.stringify(event.answer)} (${event.by})`);
  if (event.type === 'trial-end' && event.best) console.log(`${event.learner}: ${event.metric} ${event.score}`);
}
const outcome = await run.result; // rejects with a TrainerError where the loop above threw one
console.log(outcome.status);
