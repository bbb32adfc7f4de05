// A page that trains a network in the browser, shows what it has learnt while it trains, and saves it as an ONNX file.
// Needs onnxruntime-web. Bundle it: esbuild page.ts --bundle --format=esm --outfile=script.js; copy the .wasm of onnxruntime-web to /onnxruntime/.
import { dense, network, onnxWebBackend, relu, type TrainingData } from 'traineragent/engine-web';

const spec = network({
  inputs: { point: { dtype: 'float32', shape: [2] } },
  layers: [dense(32), relu(), dense(32), relu(), dense(2)],
});

// Two spirals, one for each class.
const rows = 1000;
const points = Float32Array.from({ length: 2 * rows }, (_, i) => {
  const row = i >> 1;
  const angle = 0.5 + (row / rows) * 6 + (row % 2) * Math.PI;
  return (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) * (row / rows);
});
const data: TrainingData = {
  inputs: { point: { dtype: 'float32', shape: [rows, 2], data: points } },
  targets: {
    spiral: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) },
  },
};
const batches = Array.from({ length: 1500 }, (_, step) =>
  Int32Array.from({ length: 100 }, (_row, i) => (i * 10 + step * 7) % rows),
);

const backend = onnxWebBackend({ wasmPaths: '/onnxruntime/' });
const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const [train, stop, state] = [element('train'), element('stop'), element('state')];
const save = Object.assign(document.createElement('a'), {
  id: 'save',
  download: 'spirals.onnx',
  textContent: 'Save as ONNX',
});

train.addEventListener('click', async () => {
  const controller = new AbortController();
  stop.onclick = () => controller.abort();
  train.toggleAttribute('disabled', true);
  stop.toggleAttribute('disabled', false);
  await using trained = await backend.compile(spec, {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'adamw', learningRate: 0.01 },
    metrics: ['accuracy'],
  });
  try {
    await trained.steps(data, batches, {
      signal: controller.signal,
      // Between native calls, of about 200 ms each, the page gets its turn.
      onSteps: (step, losses) => {
        state.textContent = `step ${step}, loss ${losses.at(-1)!.toFixed(3)}`;
      },
    });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  }
  const { loss, metrics } = await trained.evaluate(data);
  const file = await trained.toModel();
  await paint(file);
  save.href = URL.createObjectURL(new Blob([file as Uint8Array<ArrayBuffer>]));
  state.after(save);
  state.textContent = `Trained: loss ${loss.toFixed(3)}, accuracy ${metrics!.accuracy!.toFixed(3)}, ${file.length} bytes`;
  stop.toggleAttribute('disabled', true);
  train.toggleAttribute('disabled', false);
});

/** Asks the exported file for each place of the map. */
async function paint(file: Uint8Array): Promise<void> {
  const canvas = element<HTMLCanvasElement>('map');
  const { width, height } = canvas;
  const places = Float32Array.from({ length: 2 * width * height }, (_, i) => {
    const place = i >> 1;
    return i % 2 === 0 ? ((place % width) / width) * 2 - 1 : 1 - (Math.floor(place / width) / height) * 2;
  });
  await using predictor = await backend.load(file, { where: 'inline' });
  const { output } = await predictor.predict({ point: { dtype: 'float32', shape: [width * height, 2], data: places } });
  const scores = output!.data as Float32Array;
  const image = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    const isFirst = scores[2 * place]! > scores[2 * place + 1]!;
    image.data.set(isFirst ? [37, 99, 235, 255] : [234, 88, 12, 255], 4 * place);
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
