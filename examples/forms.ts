// The same model in other forms, asked for with it: made and judged inside the run. Needs `penguins.csv` (examples/data/) in the current folder.
import { Trainer } from 'traineragent';

const trainer = new Trainer();
const outcome = await trainer.run({
  prompt: 'Predict the species of a penguin.',
  data: 'penguins.csv',
  forms: ['float16', 'int8', 'javascript', 'browser'],
}).result;

if (outcome.status === 'complete') {
  // What each was measured to be, and why one is not there.
  for (const { form, isDeployed, sizeBytes, loss, maxDifference, whyNot } of outcome.facts.forms ?? [])
    console.log(form, whyNot ?? { isDeployed, sizeBytes, loss, maxDifference });
  // `model` is the smallest that loses nothing to speak of; the others stand beside it.
  await outcome.model.save('penguins.onnx');
  for (const form of outcome.forms) if (!form.isDeployed) await form.save(form.name);
}
