// Which columns led to a prediction: exact SHAP values. Needs `penguins.onnx`, a model that was saved, in the current folder.
import { loadModel } from 'traineragent';

const model = await loadModel('penguins.onnx');
if (model.canExplain) {
  const [explanation] = await model.explain([{ island: 'Biscoe', bill_length_mm: 47.5, body_mass_g: 5050 }]);
  const { prediction, base, contributions } = explanation!;
  for (const { column, value } of contributions.slice(0, 3)) console.log(`${column}: ${value.toFixed(2)}`);
  // What is expected of any record, and what each column adds, is the score of the prediction.
  const score = contributions.reduce((sum, { value }) => sum + value, base);
  console.log(`${prediction}, score ${score.toFixed(2)}`);
}
await model[Symbol.asyncDispose]();
