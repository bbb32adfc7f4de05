// A gate for CI: a new model must not be worse than the one in use, on rows that neither has learned from.
import { writeFile } from 'node:fs/promises';
import { compare, evaluate, Trainer } from 'traineragent';

const request = { prompt: 'Predict the species of a penguin.', data: 'penguins.csv' };
for (const [name, learner] of [
  ['current', 'linear'],
  ['candidate', 'baseline'],
] as const) {
  const answers = { 'model.candidates': { learners: ['linear'] } };
  const task =
    learner === 'baseline' ? { ignore: ['bill_length_mm', 'bill_depth_mm', 'island', 'flipper_length_mm'] } : {};
  const outcome = await new Trainer().run({ ...request, answers, task }).result;
  if (outcome.status === 'complete') await writeFile(`${name}.onnx`, outcome.model.bytes);
}

const { text } = await evaluate('current.onnx', 'penguins.csv', { metrics: ['accuracy'] });
console.log(text);

const gate = await compare('current.onnx', 'candidate.onnx', 'penguins.csv', { metrics: ['balancedAccuracy'] });
console.log(gate.text);
console.log(gate.isWorse ? 'stop' : 'ship'); // or set process.exitCode
