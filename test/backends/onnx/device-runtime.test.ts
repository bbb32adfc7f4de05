import { describe, expect, it } from 'vitest';
import { dense, network, onnxBackend, relu } from '../../../src/backends/engine.ts';
import { type DeviceName, deviceNames, runtimeOn } from '../../../src/backends/onnx/device-runtime.ts';
import { createInlinePredictor } from '../../../src/backends/onnx/inline-predictor.ts';
import { loadRuntime } from '../../../src/backends/onnx/load-runtime.ts';
import type { Runtime } from '../../../src/backends/onnx/runtime.ts';
import { sessionOpener } from '../../../src/backends/onnx/train/session.ts';
import { compileNetwork } from '../../../src/backends/onnx/train/trainable-network.ts';
import { createGraphBuilder } from '../../../src/onnx/graph-builder.ts';

const native = await loadRuntime();

/** Doubles its input, and says how many rows there are. */
function doubled(): Uint8Array {
  const graph = createGraphBuilder();
  const x = graph.input('x', 'float', ['N', 2]);
  graph.output('y', graph.node('Add', [x, x]), 'float', ['N', 2]);
  graph.output('n', graph.node('Shape', [x]), 'int64', [2]);
  return graph.build({ name: 'doubled' });
}
const inputs = { x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } } as const;

type Outputs = Record<string, { data: Float32Array; dims: readonly number[] }>;

/** A runtime that lists `cuda`, whose sessions there are the CPU's with something changed. */
function fakeDevice(change: {
  readonly outputs?: (made: Outputs) => void;
  readonly create?: string;
  readonly run?: string;
}): {
  readonly runtime: Runtime;
  readonly opened: string[];
} {
  const opened: string[] = [];
  const create = async (model: Uint8Array, options: { executionProviders: string[] }) => {
    const [provider] = options.executionProviders;
    opened.push(provider!);
    if (provider !== 'cuda') return native.InferenceSession.create(model, options);
    if (change.create !== undefined) throw new Error(change.create);
    const session = await native.InferenceSession.create(model, { ...options, executionProviders: ['cpu'] });
    const run = async (...call: Parameters<typeof session.run>) => {
      if (change.run !== undefined) throw new Error(change.run);
      const made = await session.run(...call);
      change.outputs?.(made as unknown as Outputs);
      return made;
    };
    const { inputMetadata, outputMetadata } = session;
    return { run, inputMetadata, outputMetadata, release: () => session.release() };
  };
  const runtime = { ...native, listed: ['cpu', 'cuda'], InferenceSession: { create } } as unknown as Runtime;
  return { runtime: runtimeOn(runtime, 'cuda'), opened };
}

describe('a device', () => {
  it('is the CPU where nothing is said', () => {
    expect(onnxBackend().capabilities).toMatchObject({ devices: ['cpu'], deterministic: true });
    expect(runtimeOn(native, 'cpu')).toBe(native);
    expect(onnxBackend({ device: 'cuda' }).capabilities).toMatchObject({ devices: ['cuda'], deterministic: false });
  });

  it('that ONNX Runtime does not know is refused', async () => {
    const backend = onnxBackend({ device: 'gpu' as DeviceName });
    await expect(backend.load(doubled(), { where: 'inline' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      message: 'Expected the device to be one of cpu, cuda, webgpu, coreml, dml, got "gpu".',
    });
  });

  it.each(['inline', 'child'] as const)('that the installed library does not list is refused, %s', async (where) => {
    const absent = deviceNames.find((name) => !native.listed!.includes(name))!;
    await expect(onnxBackend({ device: absent }).load(doubled(), { where })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(
        new RegExp(
          `^Expected the installed onnxruntime-node [\\d.]+ to list the device ${absent} on \\S+, but it lists cpu`,
        ),
      ),
      details: { device: absent, listed: native.listed },
    });
  });

  it('that is listed computes as the CPU does, or says why it can not', async () => {
    for (const device of deviceNames.filter((name) => name !== 'cpu' && native.listed!.includes(name))) {
      const work = async () => {
        await using predictor = await onnxBackend({ device }).load(doubled(), { where: 'inline' });
        return (await predictor.predict(inputs)).y!.data;
      };
      const made = await work().catch((error: unknown) => error);
      if (made instanceof Float32Array) expect([...made]).toEqual([2, 4, 6, 8]);
      else
        expect(made).toMatchObject({ code: 'MODEL_UNSUPPORTED', message: expect.stringContaining(`device ${device}`) });
    }
  });

  it('is proven by the first run of a graph, and trusted then', async () => {
    const { runtime, opened } = fakeDevice({});
    await using predictor = await createInlinePredictor(runtime, doubled(), 1);
    for (let i = 0; i < 3; i++)
      expect([...((await predictor.predict(inputs)).y!.data as Float32Array)]).toEqual([2, 4, 6, 8]);
    expect(opened).toEqual(['cuda', 'cpu']);
  });

  it.each<[string, Parameters<typeof fakeDevice>[0], RegExp]>([
    ['other numbers', { outputs: ({ y }) => y!.data.fill(7) }, /4 of the 4 values of "y" differ by more than 1 %/],
    ['NaN', { outputs: ({ y }) => y!.data.fill(Number.NaN) }, /4 of the 4 values of "y" differ/],
    [
      'other integers',
      { outputs: ({ n }) => (n!.data as unknown as BigInt64Array).fill(9n) },
      /"n" has other values there/,
    ],
    [
      'no such operator',
      { create: 'Could not find an implementation for Add(14)' },
      /refuses the graph: .* for Add\(14\)/,
    ],
    ['a failing kernel', { run: 'CUDA error 700' }, /fails in the graph: CUDA error 700/],
  ])('that is listed and has %s fails its self-test', async (_, change, message) => {
    const { runtime } = fakeDevice(change);
    const work = async () => {
      await using predictor = await createInlinePredictor(runtime, doubled(), 1);
      return await predictor.predict(inputs);
    };
    await expect(work()).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      details: { device: 'cuda' },
    });
    await expect(work()).rejects.toThrow(message);
    await expect(work()).rejects.toThrow('Leave the option "device" out to use the CPU.');
  });

  it.each([
    ['agrees within rounding', 1.000001, undefined],
    ['is off', 1.5, 'MODEL_UNSUPPORTED'],
  ])('that %s in the steps of a training is found', async (_, factor, code) => {
    const { runtime } = fakeDevice({
      outputs: (made) => {
        for (const { data } of Object.values(made))
          if (data instanceof Float32Array) data.set(data.map((value) => value * factor));
      },
    });
    const spec = network({ inputs: { x: { dtype: 'float32', shape: [3] } }, layers: [dense(8), relu(), dense(1)] });
    await using trained = await compileNetwork(
      spec,
      { loss: { kind: 'mean-squared-error' }, optimiser: { kind: 'adam', learningRate: 0.01 }, threads: 1 },
      { openSession: sessionOpener(runtime) },
    );
    const data = {
      inputs: {
        x: { dtype: 'float32', shape: [8, 3], data: Float32Array.from({ length: 24 }, (_, i) => (i % 7) - 3) },
      },
      targets: { y: { dtype: 'float32', shape: [8, 1], data: Float32Array.from({ length: 8 }, (_, i) => i % 3) } },
    } as const;
    const steps = trained.steps(
      data,
      Array.from({ length: 20 }, () => Int32Array.of(0, 1, 2, 3)),
    );
    if (code === undefined) expect((await steps).length).toBe(20);
    else await expect(steps).rejects.toMatchObject({ code });
  });
});
