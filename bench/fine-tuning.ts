import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TrainingData } from '../src/backends/backend.ts';
import { dense } from '../src/backends/network/layers/dense.ts';
import { averageTokens } from '../src/backends/network/layers/tokens.ts';
import { importNetwork } from '../src/backends/onnx/import/import-network.ts';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { encodeTexts, fetchMiniLm, readAddresses, readSpam, type TextSet } from './minilm.ts';
import { type Bench, makeRow, type Row } from './row.ts';

const [length, batch] = [64, 16];

function specOf(model: Uint8Array) {
  const shapes = { input_ids: [length], attention_mask: [length], token_type_ids: [length] };
  return importNetwork(model, {
    shapes,
    layers: [averageTokens({ from: ['model', 'attention_mask'] }), dense(2, { name: 'head' })],
  });
}

/** Samples a second of training all weights, alternating with PyTorch. */
async function throughput(model: Uint8Array, python: string, quick: boolean): Promise<Row> {
  const child = spawn(python, ['bench/minilm.py', 'train'], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await lines.next();
    const rows = 64;
    const random = createRandom('fine-tuning');
    const tensor = (make: () => bigint) => ({
      dtype: 'int64' as const,
      shape: [rows, length],
      data: BigInt64Array.from({ length: rows * length }, make),
    });
    const data: TrainingData = {
      inputs: {
        input_ids: tensor(() => BigInt(1000 + random.integer(19000))),
        attention_mask: tensor(() => 1n),
        token_type_ids: tensor(() => 0n),
      },
      targets: {
        y: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) },
      },
    };
    await using network = await onnxBackend().compile(specOf(model), {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adamw', learningRate: 2e-5 },
      clipNorm: 1,
    });
    const steps = quick ? 2 : 4;
    const batches = Array.from({ length: steps }, (_, k) =>
      Int32Array.from({ length: batch }, (_, i) => (k * batch + i) % rows),
    );
    await network.steps(data, batches.slice(0, 1));
    let [ours, peer] = [0, 0];
    for (let round = 0; round < (quick ? 2 : 5); round++) {
      const started = performance.now();
      await network.steps(data, batches);
      ours = Math.max(ours, (1000 * steps * batch) / (performance.now() - started));
      child.stdin.write(`${JSON.stringify({ steps })}\n`);
      const { seconds } = JSON.parse((await lines.next()).value as string) as { seconds: number };
      peer = Math.max(peer, (steps * batch) / seconds);
    }
    const row = { bench: 'fine-tuning', case: 'MiniLM-L6, all weights, sequence 64, batch 16', metric: 'samples/s' };
    return makeRow({ ...row, ours, peer, ratio: ours / peer, must: '>= 0.9' });
  } finally {
    child.kill();
  }
}

/** Accuracy on other texts after 64 labelled ones a class: all weights trained, and the head alone. */
async function accuracy(model: Uint8Array, { name, classes }: TextSet, quick: boolean): Promise<Row> {
  const random = createRandom(`fine-tuning/${name}`);
  const [perClass, tested] = [64, quick ? 100 : 400];
  const taken = classes.map((texts) => {
    const order = random.shuffle(Int32Array.from({ length: texts.length }, (_, i) => i));
    return Array.from(order.subarray(0, perClass + tested), (i) => texts[i]!);
  });
  const dataOf = (from: number, to: number): TrainingData => {
    const texts = taken.flatMap((list) => list.slice(from, to));
    const labels = taken.flatMap((list, label) => list.slice(from, to).map(() => BigInt(label)));
    return {
      inputs: encodeTexts(texts, length),
      targets: { y: { dtype: 'int64', shape: [texts.length], data: BigInt64Array.from(labels) } },
    };
  };
  const [train, test] = [dataOf(0, perClass), dataOf(perClass, perClass + tested)];
  const rows = perClass * classes.length;
  const accuracyOf = async (isFrozen: boolean): Promise<number> => {
    const epochs = isFrozen ? 30 : 5;
    const steps = (epochs * rows) / batch;
    await using network = await onnxBackend().compile(specOf(model), {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adamw', learningRate: isFrozen ? 1e-2 : 1e-4 },
      schedule: { kind: 'cosine', steps, warmUpSteps: Math.ceil(steps / 10) },
      groups: isFrozen ? [{ match: 'model/*', isFrozen }] : [{ match: 'head/*', rateFactor: 10 }],
      metrics: ['accuracy'],
      clipNorm: 1,
    });
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random.shuffle(Int32Array.from({ length: rows }, (_, i) => i));
      await network.steps(
        train,
        Array.from({ length: rows / batch }, (_, i) => order.slice(i * batch, (i + 1) * batch)),
      );
    }
    return (await network.evaluate(test, { outputs: false })).metrics!.accuracy!;
  };
  const [ours, peer] = [await accuracyOf(false), await accuracyOf(true)];
  const row = {
    bench: 'fine-tuning',
    case: `${name}, 64 texts a class`,
    metric: 'accuracy; peer: frozen, linear head',
  };
  return makeRow({ ...row, ours, peer, ratio: ours - peer, must: '>= 0' });
}

const bench: Bench = {
  name: 'fine-tuning',
  about:
    'all-MiniLM-L6-v2 imported and fine-tuned: speed against PyTorch, accuracy against its frozen embedding with a linear head.',
  async run({ python, quick }) {
    const model = fetchMiniLm(python);
    return [
      await throughput(model, python, quick),
      await accuracy(model, readSpam(), quick),
      await accuracy(model, readAddresses(), quick),
    ];
  },
};

export default bench;
