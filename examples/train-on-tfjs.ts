// Networks of a run train on TensorFlow.js, here on its CPU backend and in this process; in a page it would be WebGL or WebGPU.
import * as tf from '@tensorflow/tfjs';
import { Trainer } from 'traineragent';
import { tfjsBackend } from 'traineragent/tfjs';

await tf.setBackend('cpu');
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
const trainer = new Trainer({ backends: [tfjsBackend({ tf })] });
const run = trainer.run({
  prompt: 'Predict the kind with a neural network.',
  data: parcels,
  budget: { workUnits: 1000 },
  answers: { 'task.plan': plan, 'model.candidates': { learners: ['network'] } },
});
for await (const event of run) {
  if (event.type === 'tool-call' && event.tool === 'trial' && event.phase === 'end')
    console.log('trial on', event.where);
}
const outcome = await run.result;
if (outcome.status === 'complete') {
  console.log(outcome.facts.environment['networks trained on']);
  await outcome.model.save('parcels.onnx'); // one file, as from any other backend
}
