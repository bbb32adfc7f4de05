// Networks of a run train on another machine: there runs `traineragent worker --host 0.0.0.0 --key-file keys.json`, and here
// WORKER_URL and WORKER_KEY say where it is and who may train on it.
import { Trainer } from 'traineragent';
import { remoteBackend } from 'traineragent/remote';

const { WORKER_URL: url = 'http://127.0.0.1:7070', WORKER_KEY: key } = process.env;
const worker = await remoteBackend({ url, ...(key === undefined ? {} : { key }) });
console.log(`${url} trains on ${worker.capabilities.devices.join(', ')}`);

const parcels = Array.from({ length: 120 }, (_, i) => {
  const [length, width] = [(i * 37) % 101, (i * 53) % 97];
  return { length, width, kind: length + width > 95 ? 'bulky' : 'small' };
});

// Networks alone, on two folds: short enough to watch.
const plan = {
  formatVersion: 1,
  budget: 'normal',
  steps: [
    { agent: 'data', step: 'split', by: 'strata', vault: true, folds: 2, repeats: 1, why: 'Two folds.' },
    { agent: 'data', step: 'clean', why: 'As always.' },
    { agent: 'model', step: 'baseline', why: 'As always.' },
    { agent: 'model', step: 'network', trials: 1, why: 'It is what is shown.' },
  ],
};
const outcome = await new Trainer({ backends: [worker] }).run({
  prompt: 'Predict the kind with a neural network.',
  data: parcels,
  budget: { workUnits: 1000 },
  answers: { 'task.plan': plan, 'model.candidates': { learners: ['network'] } },
}).result;
if (outcome.status === 'complete') {
  const { metric, value } = outcome.facts.scores[0]!;
  console.log(metric, value, outcome.facts.environment['networks trained on']);
}
