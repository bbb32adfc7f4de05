// A network of one's own: described as plain JSON, trained on ONNX Runtime, stopped and resumed, saved as an ONNX file.
import { writeFile } from 'node:fs/promises';
import { dense, dropout, layerNorm, network, onnxBackend, relu, residual, summariseNetwork } from 'traineragent/engine';

const spec = network({
  inputs: { point: { dtype: 'float32', shape: [2] } },
  layers: [dense(32), relu(), residual([layerNorm(), dense(32), relu(), dropout(0.1)]), dense(2)],
});
console.log(summariseNetwork(spec).table);

// Two spirals, one for each class.
const rows = 1000;
const points = Float32Array.from({ length: 2 * rows }, (_, i) => {
  const row = i >> 1;
  const angle = 0.5 + (row / rows) * 8 + (row % 2) * Math.PI;
  return (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) * (row / rows);
});
const data = {
  inputs: { point: { dtype: 'float32', shape: [rows, 2], data: points } },
  targets: {
    spiral: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) },
  },
} as const;

const training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adamw', learningRate: 0.01 },
  schedule: { kind: 'cosine', steps: 600 },
  clipNorm: 1,
} as const;

// The rows of each step: here 600 times 100 rows from all over the data.
const batches = Array.from({ length: 600 }, (_, step) =>
  Int32Array.from({ length: 100 }, (_, i) => (i * 10 + step * 7) % rows),
);

const backend = onnxBackend();
await using first = await backend.compile(spec, training);
await first.steps(data, batches.slice(0, 300));
const snapshot = await first.snapshot(); // plain data: keep it where you like

await using second = await backend.compile(spec, training);
await second.restore(snapshot);
await second.steps(data, batches.slice(300), { onSteps: (step, losses) => console.log(step, losses.at(-1)) });

const { loss } = await second.evaluate(data);
console.log('loss', loss);
await writeFile('spirals.onnx', await second.toModel());
