import type { Tensor, TrainingData } from '../src/backends/backend.ts';
import { ftTransformer } from '../src/backends/network/blocks/ft-transformer.ts';
import { gpt } from '../src/backends/network/blocks/gpt.ts';
import { tabularResnet } from '../src/backends/network/blocks/tabular-resnet.ts';
import { dense } from '../src/backends/network/layers/dense.ts';
import { gru, lstm } from '../src/backends/network/layers/recurrent.ts';
import { network } from '../src/backends/network/network.ts';
import { createRandom } from '../src/core/helpers/random.ts';

const random = createRandom('engine-sequence');
const [length, vocabulary] = [128, 256];
const [numbers, entries] = [14, [10, 5, 40, 7, 3, 100]];

const ids = (rows: number): Tensor => ({
  dtype: 'int64',
  shape: [rows, length],
  data: BigInt64Array.from({ length: rows * length }, () => BigInt(random.integer(vocabulary))),
});
const floats = (rows: number, width: number): Tensor => ({
  dtype: 'float32',
  shape: [rows, width],
  data: Float32Array.from({ length: rows * width }, () => 2 * random.next() - 1),
});
const classes = (rows: number): Tensor => ({
  dtype: 'int64',
  shape: [rows],
  data: BigInt64Array.from({ length: rows }, () => BigInt(random.integer(2))),
});

/** Networks on sequences and on tables' columns, with what `engine_sequence.py` makes of `model`. */
export const sequenceCases = [
  {
    name: 'GPT d128, 4 layers, 4 heads, T 128, batch 16',
    spec: network({
      inputs: { x: { dtype: 'int64', shape: [length] } },
      layers: gpt({ vocabulary, width: 128, depth: 4, heads: 4 }),
    }),
    model: { kind: 'gpt', vocabulary, length, width: 128, depth: 4, heads: 4 },
    batch: 16,
    rows: 128,
    must: '>= 1',
    data: (rows: number): TrainingData => ({ inputs: { x: ids(rows) }, targets: { y: ids(rows) } }),
  },
  {
    name: 'FT-Transformer d64, 3 layers, 14 numbers, 6 categories, batch 256',
    spec: network({
      inputs: { x: { dtype: 'float32', shape: [numbers] }, categories: { dtype: 'int64', shape: [entries.length] } },
      layers: ftTransformer({
        numbers: { input: 'x', count: numbers },
        categories: { input: 'categories', entries },
        width: 64,
        depth: 3,
        heads: 8,
        outputs: 2,
      }),
    }),
    model: { kind: 'ft-transformer', numbers, entries, width: 64, depth: 3, heads: 8 },
    batch: 256,
    rows: 2048,
    must: '>= 1',
    data: (rows: number): TrainingData => ({
      inputs: {
        x: floats(rows, numbers),
        categories: {
          dtype: 'int64',
          shape: [rows, entries.length],
          data: BigInt64Array.from({ length: rows * entries.length }, (_, i) =>
            BigInt(random.integer(entries[i % entries.length]!)),
          ),
        },
      },
      targets: { y: classes(rows) },
    }),
  },
  ...(['gru', 'lstm'] as const).map((kind) => ({
    name: `${kind.toUpperCase()} of 64 units, 64 positions of 16 numbers, batch 64`,
    spec: network({
      inputs: { x: { dtype: 'float32', shape: [64, 16] } },
      layers: [{ gru, lstm }[kind](64, { sequences: false }), dense(2)],
    }),
    model: { kind, width: 16, units: 64 },
    batch: 64,
    rows: 512,
    must: '>= 0.7',
    data: (rows: number): TrainingData => ({
      inputs: { x: { ...floats(rows, 64 * 16), shape: [rows, 64, 16] } },
      targets: { y: classes(rows) },
    }),
  })),
  {
    name: 'tabular ResNet 20 numbers, 3 blocks of 128, batch 256',
    spec: network({
      inputs: { x: { dtype: 'float32', shape: [20] } },
      layers: tabularResnet({ width: 128, blocks: 3, outputs: 2 }),
    }),
    model: { kind: 'tabular-resnet', numbers: 20, width: 128, hidden: 256, blocks: 3 },
    batch: 256,
    rows: 12800,
    must: '>= 1.5',
    data: (rows: number): TrainingData => ({ inputs: { x: floats(rows, 20) }, targets: { y: classes(rows) } }),
  },
] as const;
