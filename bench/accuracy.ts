import { execFileSync } from 'node:child_process';
import { relu } from '../src/backends/network/layers/activation.ts';
import { conv2d } from '../src/backends/network/layers/convolution.ts';
import { dense } from '../src/backends/network/layers/dense.ts';
import { dropout } from '../src/backends/network/layers/dropout.ts';
import { maxPool2d } from '../src/backends/network/layers/pooling.ts';
import { flatten } from '../src/backends/network/layers/shaping.ts';
import { network } from '../src/backends/network/network.ts';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { fashionFiles, fetchFashion, type Images, readFashion } from './fashion-mnist.ts';
import { type Bench, makeRow } from './row.ts';

const batch = 64;

const spec = network({
  inputs: { x: { dtype: 'float32', shape: [28, 28, 1] } },
  layers: [
    ...[32, 64].flatMap((filters) => [conv2d({ filters, kernel: 3 }), relu(), maxPool2d(2)]),
    flatten(),
    dense(128),
    relu(),
    dropout(0.25),
    dense(10),
  ],
});

const dataOf = ({ rows, pixels, labels }: Images) => ({
  inputs: { x: { dtype: 'float32', shape: [rows, 28, 28, 1], data: pixels } as const },
  targets: { y: { dtype: 'int64', shape: [rows], data: labels } as const },
});

/** The share of the test images whose class has the largest logit. */
async function train(epochs: number): Promise<number> {
  const [own, held] = [readFashion('train'), readFashion('t10k')];
  const steps = Math.floor(own.rows / batch);
  await using trained = await onnxBackend().compile(spec, {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'adam', learningRate: 1e-3 },
    schedule: { kind: 'cosine', steps: epochs * steps },
  });
  const random = createRandom('fashion');
  const data = dataOf(own);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.shuffle(Int32Array.from({ length: own.rows }, (_, i) => i));
    const batches = Array.from({ length: steps }, (_, i) => order.subarray(i * batch, (i + 1) * batch));
    const losses = await trained.steps(data, batches);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    console.error(`epoch ${epoch + 1} of ${epochs}: loss ${mean.toFixed(4)}`);
  }
  const { outputs } = await trained.evaluate(dataOf(held));
  const logits = outputs.output!.data as Float32Array;
  let right = 0;
  for (let row = 0; row < held.rows; row++) {
    const own10 = logits.subarray(10 * row, 10 * row + 10);
    if (own10.indexOf(Math.max(...own10)) === Number(held.labels[row])) right++;
  }
  return right / held.rows;
}

const bench: Bench = {
  name: 'accuracy',
  about: 'Test accuracy on Fashion-MNIST of a network of two convolutions after ten epochs, beside PyTorch.',
  async run({ python, quick }) {
    fetchFashion();
    const epochs = quick ? 1 : 10;
    const ours = await train(epochs);
    console.error(`ours: ${ours}`);
    const printed = execFileSync(python, ['bench/accuracy.py', fashionFiles, String(epochs)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const peer = (JSON.parse(printed) as { accuracy: number }).accuracy;
    console.error(`PyTorch: ${peer}`);
    const row = { bench: 'accuracy', case: `Fashion-MNIST, ${epochs} epochs`, ours, peer };
    return [
      makeRow({ ...row, metric: 'test accuracy', ratio: ours, must: quick ? '>= 0.86' : '>= 0.915' }),
      makeRow({ ...row, metric: 'more than PyTorch', ratio: ours - peer, must: quick ? '>= -0.03' : '>= -0.005' }),
    ];
  },
};

export default bench;
