// A person approves the plan. Without arguments the run pauses; `approve-by-person.ts RUN_ID` goes on, in another process.
import { fileStore, pause, Trainer } from 'traineragent';

const trainer = new Trainer({ store: fileStore('runs') }); // one folder a run, which survives the process
const [, , runId] = process.argv;

if (runId === undefined) {
  trainer.decide('task.plan', () => pause('A person looks at the plan first.'));
  const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
  if (outcome.status === 'paused') console.log(`${outcome.runId} waits:`, outcome.why, outcome.questions);
} else {
  // Nothing that was recorded is computed again. Without an answer the run takes the proposal it waited with.
  const outcome = await trainer.resume(runId).result;
  console.log(outcome.status, outcome.facts.scores[0]);
}
