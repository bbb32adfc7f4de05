import { fileURLToPath } from 'node:url';
import { build, type Message } from 'esbuild';
import * as ort from 'onnxruntime-web/wasm';
import * as engine from 'traineragent/engine';
import * as web from 'traineragent/engine-web';
import { describe, expect, it } from 'vitest';

const options: web.OnnxWebBackendOptions = { ort: ort as web.OrtModule };

const spec = web.network({
  inputs: { x: { dtype: 'float32', shape: [4] } },
  layers: [web.dense(8), web.relu(), web.dense(2)],
});
const training: web.Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adam', learningRate: 0.02 },
  threads: 1,
};
const rows = 32;
const x = Float32Array.from({ length: rows * 4 }, (_, i) => Math.sin(7 * i));
const y = BigInt64Array.from({ length: rows }, (_, row) => (x[4 * row]! > 0 ? 1n : 0n));
const data: web.TrainingData = {
  inputs: { x: { dtype: 'float32', shape: [rows, 4], data: x } },
  targets: { y: { dtype: 'int64', shape: [rows], data: y } },
};
const batches = Array.from({ length: 40 }, () => Int32Array.from({ length: rows }, (_, row) => row));

/** A module bundled for browsers with all that it imports, or what stands in the way. */
async function bundle(path: string): Promise<{ readonly errors: readonly Message[]; readonly text: string }> {
  const entry = fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
  const external = ['onnxruntime-web/wasm']; // its own file, which knows both worlds
  const common = {
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
    external,
  } as const;
  try {
    const { outputFiles } = await build({ ...common, entryPoints: [entry] });
    return { errors: [], text: outputFiles[0]!.text };
  } catch (error) {
    return { errors: (error as { errors: Message[] }).errors, text: '' };
  }
}

describe('what a browser loads', () => {
  it.each(['backends/engine-web.ts', 'backends/tfjs/index.ts'])('%s needs nothing of Node', async (path) => {
    const { errors, text } = await bundle(path);
    expect(errors.map(({ text: what, location }) => `${location?.file}: ${what}`)).toEqual([]);
    // Globals of Node need no import; `process` is asked for through globalThis alone.
    expect(text.match(/[^.\w](?:Buffer\.|setImmediate\(|process\.)\w+/g) ?? []).toEqual([]);
    expect(text.includes("import('onnxruntime-node')")).toBe(false);
  });

  it('the entry for Node would not do', async () => {
    const { errors } = await bundle('backends/engine.ts');
    expect(errors.some(({ text }) => text.includes('node:'))).toBe(true);
  });

  it('both entries have the same networks', () => {
    const own = new Set(['onnxBackend', 'onnxWebBackend', 'blobFolder', 'backendRegistry']);
    const namesOf = (entry: object) => Object.keys(entry).filter((name) => !own.has(name));
    expect(namesOf(web)).toEqual(namesOf(engine));
  });
});

describe('onnxWebBackend', () => {
  it('trains as the native backend does, and their snapshots and files go from one to the other', async () => {
    const [backend, native] = [web.onnxWebBackend(options), engine.onnxBackend()];
    expect(backend.capabilities).toMatchObject({ train: true, predict: true, deterministic: true });
    expect(await backend.runtime?.()).toEqual({ name: 'onnxruntime-web', version: expect.stringMatching(/^\d+\./) });
    await using here = await backend.compile(spec, training);
    await using there = await native.compile(spec, training);
    const losses = await here.steps(data, batches);
    const expected = await there.steps(data, batches);
    for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(expected[step]!, 4);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);

    await there.restore(await here.snapshot());
    const outputs = (await here.evaluate(data)).outputs.output!;
    const same = (await there.evaluate(data)).outputs.output!;
    for (const [i, value] of (outputs.data as Float32Array).entries())
      expect(value).toBeCloseTo(same.data[i] as number, 5);

    const file = await here.toModel();
    for (const loader of [backend, native]) {
      await using predictor = await loader.load(file, { where: 'inline' });
      expect(predictor.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [-1, 4] }]);
      const { output } = await predictor.predict({ x: data.inputs.x! });
      for (const [i, value] of (outputs.data as Float32Array).entries()) expect(output!.data[i]).toBeCloseTo(value, 5);
    }
  });

  it('is fed the rows that steps take, with the same losses and outputs', async () => {
    // More rows than one call takes: 3,000 of them in batches of 16.
    const many = 3000;
    const wide = Float32Array.from({ length: many * 4 }, (_, i) => Math.sin(7 * i));
    const labels = BigInt64Array.from({ length: many }, (_, row) => (wide[4 * row]! > 0 ? 1n : 0n));
    const all: web.TrainingData = {
      inputs: { x: { dtype: 'float32', shape: [many, 4], data: wide } },
      targets: { y: { dtype: 'int64', shape: [many], data: labels } },
    };
    const scattered = Array.from({ length: 20 }, (_, step) =>
      Int32Array.from({ length: 16 }, (_row, i) => (step * 997 + i * 181) % many),
    );
    await using here = await web.onnxWebBackend(options).compile(spec, training);
    await using there = await engine.onnxBackend().compile(spec, training);
    const expected = await there.steps(all, scattered);
    for (const [step, loss] of (await here.steps(all, scattered)).entries())
      expect(loss).toBeCloseTo(expected[step]!, 5);
    const [outputs, same] = [await here.evaluate(all), await there.evaluate(all)];
    expect(outputs.loss).toBeCloseTo(same.loss, 5);
    expect(outputs.outputs.output!.data.at(-1)).toBeCloseTo(same.outputs.output!.data.at(-1) as number, 4);
  });

  it('makes the same steps again, bit for bit', async () => {
    const run = async () => {
      await using trained = await web.onnxWebBackend(options).compile(spec, training);
      return [...(await trained.steps(data, batches))];
    };
    expect(await run()).toEqual(await run());
  });

  it('gives timers their turn between calls, and sees an abort', async () => {
    const wide = web.network({
      inputs: spec.inputs,
      layers: [web.dense(512), web.relu(), web.dense(512), web.dense(2)],
    });
    await using trained = await web.onnxWebBackend(options).compile(wide, training);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const many = Array.from({ length: 100_000 }, () => batches[0]!);
    await expect(trained.steps(data, many, { signal: controller.signal })).rejects.toMatchObject({
      code: 'RUN_ABORTED',
    });
    expect(trained.step).toBeLessThan(100_000);
  });

  it('knows what WebAssembly can address', async () => {
    const huge = web.network({ inputs: spec.inputs, layers: [web.dense(20_000), web.dense(20_000), web.dense(2)] });
    await expect(web.onnxWebBackend(options).compile(huge, training)).rejects.toMatchObject({
      code: 'MEMORY_EXCEEDED',
    });
  });

  it('has no blocks: images have their channels last, and forced blocks are refused', async () => {
    const images = web.network({
      inputs: { x: { dtype: 'float32', shape: [2, 2, 1] } },
      layers: [web.conv2d({ filters: 16, kernel: 3 }), web.flatten(), web.dense(2)],
    });
    const squares = { ...data, inputs: { x: { ...data.inputs.x!, shape: [rows, 2, 2, 1] } } } as web.TrainingData;
    await using trained = await web.onnxWebBackend(options).compile(images, training);
    await using plain = await web.onnxWebBackend({ ...options, layout: 'plain' }).compile(images, training);
    const losses = await trained.steps(squares, batches);
    for (const [step, loss] of (await plain.steps(squares, batches)).entries())
      expect(loss).toBeCloseTo(losses[step]!, 4);
    await expect(web.onnxWebBackend({ ...options, layout: 'nchwc' }).compile(images, training)).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
    });
  });

  it.each([0, 1.5, 65])('%s threads are refused', async (threads) => {
    await expect(web.onnxWebBackend({ ...options, threads }).compile(spec, training)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  it('checks bytes before the runtime sees them', async () => {
    await expect(web.onnxWebBackend(options).load(new Uint8Array(10), { where: 'inline' })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
  });
});
