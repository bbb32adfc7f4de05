import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TrainingData } from '../src/backends/backend.ts';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { makeData } from './engine-cases.ts';
import { encodeTexts, fetchMiniLm, miniLmCase, miniLmSpec, readAddresses, readSpam, type TextSet } from './minilm.ts';
import { type Bench, isChosen, makeRow, type Row } from './row.ts';

const [length, batch] = [64, 16];

/** Samples a second of training all weights, alternating with PyTorch. */
async function throughput(python: string, quick: boolean): Promise<Row> {
  const child = spawn(python, ['bench/minilm.py', 'train'], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await lines.next();
    const task = miniLmCase(python);
    const data = makeData(task);
    await using network = await onnxBackend().compile(task.spec, task.training!);
    const steps = quick ? 2 : 4;
    const batches = Array.from({ length: steps }, (_, k) =>
      Int32Array.from({ length: batch }, (_, i) => (k * batch + i) % task.rows),
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
    const row = { bench: 'fine-tuning', case: task.name, metric: 'samples/s' };
    return makeRow({ ...row, ours, peer, ratio: ours / peer, must: task.must });
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
    await using network = await onnxBackend().compile(miniLmSpec(model, length), {
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
  console.error(`${name}: all weights ${ours}, frozen ${peer}`);
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
  async run({ python, quick, only }) {
    const rows: Row[] = [];
    if (isChosen('MiniLM', only)) rows.push(await throughput(python, quick));
    for (const [name, read] of [
      ['SpamAssassin', readSpam],
      ['addresses', readAddresses],
    ] as const) {
      if (isChosen(name, only)) rows.push(await accuracy(fetchMiniLm(python), read(), quick));
    }
    return rows;
  },
};

export default bench;
