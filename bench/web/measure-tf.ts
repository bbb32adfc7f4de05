import type * as Tfjs from '@tensorflow/tfjs';
import { type WebCaseName, webCases, webData } from './cases.ts';

type Tf = typeof Tfjs;

/** The best of some rounds, in samples per second. */
export async function bestOf(rounds: number, samples: number, round: () => Promise<unknown>): Promise<number> {
  let best = 0;
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    await round();
    best = Math.max(best, (samples * 1000) / (performance.now() - started));
  }
  return best;
}

/** The same network by the layers of TensorFlow.js, as its own users write it. */
function peerOf(tf: Tf, name: WebCaseName): Tfjs.Sequential {
  const { spec } = webCases[name];
  const model = tf.sequential();
  const inputShape = [...spec.inputs.x!.shape];
  for (const [i, layer] of spec.layers.entries()) {
    const first = i === 0 ? { inputShape } : {};
    const isLast = i === spec.layers.length - 1;
    const activation = spec.layers[i + 1]?.kind === 'activation' ? 'relu' : isLast ? 'softmax' : 'linear';
    if (layer.kind === 'dense') model.add(tf.layers.dense({ units: layer.units, activation, ...first }));
    if (layer.kind === 'conv2d') {
      const { filters } = layer;
      model.add(tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation, ...first }));
    }
    if (layer.kind === 'max-pool2d') model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
    if (layer.kind === 'flatten') model.add(tf.layers.flatten(first));
  }
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/** Samples per second that TensorFlow.js itself trains a case at, on the backend that is set; one step before goes uncounted. */
export async function measureTf(tf: Tf, name: WebCaseName, steps: number, rounds: number): Promise<number> {
  const task = webCases[name];
  const model = peerOf(tf, name);
  const rows = steps * task.batch;
  const { inputs, targets } = webData(task, rows);
  const x = tf.tensor(inputs.x!.data as Float32Array, [...inputs.x!.shape]);
  const y = tf.tensor(Float32Array.from(targets.y!.data as BigInt64Array, Number), [rows, 1]);
  const step = async (at: number): Promise<void> => {
    const [a, b] = [x, y].map((all) => tf.slice(all, at * task.batch, task.batch)) as [Tfjs.Tensor, Tfjs.Tensor];
    await model.trainOnBatch(a, b);
    tf.dispose([a, b]);
  };
  await step(0);
  const best = await bestOf(rounds, rows, async () => {
    for (let at = 0; at < steps; at++) await step(at);
  });
  tf.dispose([x, y]);
  model.dispose();
  return best;
}
