// An ONNX file that someone else trained, with a new head, fine-tuned on a few labelled texts: all of it, or a low-rank change.
import { readFile, writeFile } from 'node:fs/promises';
import { averageTokens, dense, importNetwork, onnxBackend, summariseNetwork } from 'traineragent/engine';

// A tiny transformer as PyTorch exports it: ids and mask [batch, length], the length left open, a head of three classes.
const file = await readFile(new URL('./data/tiny-text.onnx', import.meta.url));
const options = {
  shapes: { ids: [6], mask: [6] }, // one text, without the batch
  output: '/blocks.1/norm2/LayerNormalization_output_0', // what the old head takes
  layers: [averageTokens({ from: ['model', 'mask'] }), dense(2)],
};
const whole = importNetwork(file, options);
const lowRank = importNetwork(file, { ...options, adapt: { match: 'blocks.*', rank: 2 } });
console.log(summariseNetwork(whole).parameters, 'weights, or', summariseNetwork(lowRank).parameters);

// Sixteen texts of six words: does the word 7 come up?
const rows = 16;
const ids = BigInt64Array.from({ length: rows * 6 }, (_, i) => (i % 12 === 3 ? 7n : BigInt((i * 5) % 6)));
const data = {
  inputs: {
    ids: { dtype: 'int64', shape: [rows, 6], data: ids },
    mask: { dtype: 'int64', shape: [rows, 6], data: new BigInt64Array(rows * 6).fill(1n) },
  },
  targets: {
    has7: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(1 - (i % 2))) },
  },
} as const;

const backend = onnxBackend();
const batches = Array.from({ length: 150 }, (_, step) =>
  Int32Array.from({ length: 8 }, (_, i) => (2 * i + step) % rows),
);
for (const spec of [whole, lowRank]) {
  await using network = await backend.compile(spec, {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'adamw', learningRate: 0.02 },
    groups: spec === whole ? [{ match: 'model/positions*', isFrozen: true }] : [],
    metrics: ['accuracy'],
  });
  await network.steps(data, batches);
  const { loss, metrics } = await network.evaluate(data);
  console.log('loss', loss, 'accuracy', metrics?.accuracy);
  await writeFile('has-7.onnx', await network.toModel()); // low-rank changes are merged into the matrices
}
