// From a sentence and a file to a measured, saved and served model. Needs `penguins.csv` (examples/data/) in the current folder.
import { Trainer } from 'traineragent';

const trainer = new Trainer(); // no key, no network: rules decide, everything trains here
const run = trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' });
const outcome = await run.result;

if (outcome.status === 'complete') {
  console.log(outcome.verdict.kind, outcome.facts.scores[0]); // metric, value and 95 % interval on rows it had never seen
  console.log(await outcome.model.predict([{ island: 'Biscoe', bill_length_mm: 47.5, body_mass_g: 5050 }]));
  await outcome.model.save('penguins.onnx'); // one file: preprocessing, model, signature, card
  const server = await outcome.deploy({ port: 0 }); // POST /v1/predict, on this machine alone
  console.log(server.url);
  await server.close();
}
