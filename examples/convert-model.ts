// A model in other forms. Needs `penguins.onnx`, a model that was saved, and `penguins.csv` (examples/data/) in the current folder.
import { writeFile } from 'node:fs/promises';
import { convert, convertToModule } from 'traineragent';

// One file without imports, for any place that runs JavaScript.
await writeFile('penguins.mjs', await convertToModule('penguins.onnx'));
const { predict } = await import(`${process.cwd()}/penguins.mjs`);
console.log(predict({ island: 'Biscoe', bill_length_mm: 47.5, body_mass_g: 5050 })[0].prediction);

// Smaller weights, held against the file they were made of on real rows; what would not become smaller is refused with the figures.
try {
  const { bytes, sizeBytes, maxDifference } = await convert('penguins.onnx', 'int8', { data: 'penguins.csv' });
  console.log(`${sizeBytes.before} bytes became ${bytes.length}, answers differ by ${maxDifference} at most`);
} catch (error) {
  console.log((error as Error).message);
}
