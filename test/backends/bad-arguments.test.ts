import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-web/wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, LoadOptions, Predictor, Tensor, TrainableNetwork } from '../../src/backends/backend.ts';
import type { NetworkSpec } from '../../src/backends/network/network-spec.ts';
import type { Training } from '../../src/backends/network/training.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { onnxWebBackend } from '../../src/backends/onnx/onnx-web-backend.ts';
import type { OrtModule } from '../../src/backends/onnx/web-runtime.ts';
import { remoteBackend, startWorker, type Worker } from '../../src/backends/remote/index.ts';
import { tfjsBackend } from '../../src/backends/tfjs/index.ts';
import { TrainerError } from '../../src/core/errors.ts';

const spec: NetworkSpec = {
  formatVersion: 1,
  inputs: { x: { dtype: 'float32', shape: [3] } },
  layers: [{ kind: 'dense', units: 2, name: 'out' }],
  outputs: { y: 'out' },
};
const training: Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adam', learningRate: 1e-3 },
  averageDecay: 0.9,
};
const x: Tensor = { dtype: 'float32', shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i / 12) };
const y: Tensor = { dtype: 'int64', shape: [4], data: BigInt64Array.of(0n, 1n, 0n, 1n) };
const data = { inputs: { x }, targets: { y } };
const batches = [Int32Array.of(0, 1, 2, 3)];

const hostile = (): unknown =>
  new Proxy(
    {},
    {
      get() {
        throw new RangeError('from a getter');
      },
      ownKeys() {
        throw new RangeError('from a list of keys');
      },
    },
  );
function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
function detached<T extends Float32Array | Int32Array | Uint8Array>(array: T): T {
  structuredClone(array, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** Values of no use anywhere; made anew for each call. */
const strange: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  NaN: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  'an empty text': () => '',
  'a text': () => 'x'.repeat(1000),
  'an empty object': () => ({}),
  'an object without a prototype': () => Object.create(null),
  'an empty list': () => [],
  'a sparse list': () => new Array(3),
  'a bigint': () => 1n,
  'a symbol': () => Symbol('own'),
  'a function': () => () => undefined,
  'a number below zero': () => -1,
  true: () => true,
  'a date': () => new Date(0),
  'a map': () => new Map([['x', x]]),
  'a promise': () => Promise.resolve(data),
  'a proxy that throws': hostile,
  'a revoked proxy': revoked,
  'an object with a text nobody can have': () => ({ toString: 5, dtype: { toString: 5 } }),
  'a detached array': () => detached(new Float32Array(12)),
  'an array of shared memory': () => new Float32Array(new SharedArrayBuffer(48)),
};

const wrongTensors: Readonly<Record<string, () => unknown>> = {
  ...strange,
  undefined: () => undefined,
  'of a dtype of its own': () => ({ ...x, dtype: 'float16' }),
  'of another dtype': () => ({ ...x, dtype: 'float64', data: new Float64Array(12) }),
  'of text': () => ({ dtype: 'string', shape: [4], data: ['a', 'b', 'c', 'd'] }),
  'whose array is of another type': () => ({ ...x, data: new Float64Array(12) }),
  'whose array is a list': () => ({ ...x, data: Array.from({ length: 12 }, () => 0) }),
  'whose array is a proxy': () => ({ ...x, data: new Proxy(new Float32Array(12), {}) }),
  'without an array': () => ({ ...x, data: undefined }),
  'without a shape': () => ({ ...x, shape: undefined }),
  'with a shape of another rank': () => ({ ...x, shape: [12] }),
  'with rows below zero': () => ({ ...x, shape: [-4, -3] }),
  'with a size that is NaN': () => ({ ...x, shape: [Number.NaN, 3] }),
  'with a bigint in its shape': () => ({ ...x, shape: [4n, 3n] }),
  'with null in its shape': () => ({ ...x, shape: [4, null] }),
  'with sizes beyond all memory': () => ({ ...x, shape: [2 ** 40, 2 ** 40] }),
  'that is too short': () => ({ ...x, data: new Float32Array(11) }),
  'without rows': () => ({ ...x, shape: [0, 3], data: new Float32Array(0) }),
  'with NaN': () => ({ ...x, data: new Float32Array(12).fill(Number.NaN) }),
  'in memory that is gone': () => ({ ...x, data: detached(new Float32Array(12)) }),
  'in shared memory': () => ({ ...x, data: new Float32Array(new SharedArrayBuffer(48)) }),
  'in memory that can be resized': () => {
    const Buffer_ = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => ArrayBuffer;
    const buffer = new Buffer_(48, { maxByteLength: 96 });
    const values = new Float32Array(buffer);
    (buffer as unknown as { resize?(size: number): void }).resize?.(16);
    return { ...x, data: values };
  },
  'whose dtype throws': () => ({
    ...x,
    get dtype(): string {
      throw new RangeError('from a getter');
    },
  }),
};

const over = (values: Readonly<Record<string, () => unknown>>, into: (value: unknown) => unknown) =>
  Object.entries(values).map(([name, make]) => [name, () => into(make())] as const);

type Call = readonly [name: string, call: () => unknown];

const signals: readonly (readonly [string, () => unknown])[] = over(strange, (signal) => ({ signal }));
const optionsOf = (names: readonly string[]): readonly (readonly [string, () => unknown])[] => [
  ...over(strange, (value) => value),
  ...names.flatMap((option) =>
    over(strange, (value) => ({ [option]: value })).map(([name, make]) => [`${option} ${name}`, make] as const),
  ),
];

/** Each method of a network with each wrong argument. */
function callsOf(network: TrainableNetwork): readonly Call[] {
  // biome-ignore lint/suspicious/noExplicitAny: whatever a caller in JavaScript may give
  const any = network as any;
  const snapshot = {
    formatVersion: 2,
    step: 0,
    learningRate: 1e-3,
    state: {},
  };
  const calls = (
    name: string,
    given: readonly (readonly [string, () => unknown])[],
    work: (value: unknown) => unknown,
  ) => given.map(([what, make]): Call => [`${name}: ${what}`, () => work(make())]);
  const datasets = [
    ...over(strange, (value) => value),
    ...over(strange, (inputs) => ({ inputs, targets: { y } })),
    ...over(strange, (targets) => ({ inputs: { x }, targets })),
    ...over(wrongTensors, (own) => ({ inputs: { x: own }, targets: { y } })),
    ...over(wrongTensors, (own) => ({ inputs: { x }, targets: { y: own } })),
  ];
  const lists = [
    ...over(strange, (value) => value),
    ...over(strange, (value) => [value]),
    ['a batch of a row below zero', () => [Int32Array.of(-1)]] as const,
    ['a batch of a row too far', () => [Int32Array.of(4)]] as const,
    ['an empty batch', () => [new Int32Array(0)]] as const,
    ['a batch in memory that is gone', () => [detached(new Int32Array(4))]] as const,
    ['a batch of bigints', () => [new BigInt64Array(4)]] as const,
  ];
  return [
    ...calls('steps, data', datasets, (value) => any.steps(value, batches)),
    ...calls('steps, batches', lists, (value) => any.steps(data, value)),
    ...calls('steps, options', optionsOf(['signal', 'onSteps', 'onRetreat']), (value) => any.steps(data, [], value)),
    ...calls('evaluate, data', datasets, (value) => any.evaluate(value)),
    ...calls('evaluate, options', optionsOf(['signal', 'outputs', 'weights']), (value) => any.evaluate(data, value)),
    ...calls('snapshot', [...over(strange, (value) => value), ...signals], (value) => any.snapshot(value)),
    ...calls(
      'restore',
      over(strange, (value) => value),
      (value) => any.restore(value),
    ),
    ...calls('restore, options', signals, (value) => any.restore(snapshot, value)),
    ...Object.keys(snapshot).flatMap((key) =>
      calls(
        `restore, ${key}`,
        over(strange, (value) => ({ ...snapshot, [key]: value })),
        (value) => any.restore(value),
      ),
    ),
    ...calls(
      'restore, tensor',
      over(wrongTensors, (value) => ({ ...snapshot, state: { 'out/weight': value } })),
      (value) => any.restore(value),
    ),
    ...calls(
      'setLearningRate',
      over(strange, (value) => value),
      (value) => any.setLearningRate(value),
    ),
    ...calls('toModel', optionsOf(['signal', 'weights']), (value) => any.toModel(value)),
  ];
}

function predictionsOf(predictor: Predictor): readonly Call[] {
  // biome-ignore lint/suspicious/noExplicitAny: whatever a caller in JavaScript may give
  const any = predictor as any;
  return [
    ...over(strange, (value) => value).map(([name, make]): Call => [`predict: ${name}`, () => any.predict(make())]),
    ...over(wrongTensors, (own) => ({ x: own })).map(
      ([name, make]): Call => [`predict, tensor: ${name}`, () => any.predict(make())],
    ),
    ...optionsOf(['signal']).map(
      ([name, make]): Call => [`predict, options: ${name}`, () => any.predict({ x }, make())],
    ),
  ];
}

function openingsOf(backend: Backend, model: Uint8Array): readonly Call[] {
  // biome-ignore lint/suspicious/noExplicitAny: whatever a caller in JavaScript may give
  const any = backend as any;
  const open = async (work: () => unknown): Promise<void> => {
    const made = (await work()) as AsyncDisposable;
    await made[Symbol.asyncDispose]();
  };
  // Every member of what a training may have, at any depth.
  const trainings: readonly Training[] = [
    {
      ...training,
      clipNorm: 1,
      threads: 1,
      accumulate: 1,
      metrics: ['accuracy'],
      memoryLimitBytes: 1e9,
      decay: 'all',
      seed: 'a',
      onDivergence: 'retreat',
      loss: { kind: 'cross-entropy', classWeights: [1, 2], labelSmoothing: 0.1, ignoreIndex: -1 },
      optimiser: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
      schedule: { kind: 'one-cycle', steps: 9, peakAt: 0.3, start: 0.1, final: 0.1 },
      groups: [{ match: '*', rateFactor: 1, weightDecay: 0.1, isFrozen: false }],
    },
    { ...training, loss: { kind: 'distillation', teacher: 'z', temperature: 2, teacherWeight: 0.5 } },
    { ...training, schedule: { kind: 'cosine', steps: 9, final: 0.1, warmUpSteps: 1 } },
    { ...training, schedule: { kind: 'step', every: 9, factor: 0.1 } },
  ];
  const nested = trainings.flatMap((whole) =>
    Object.entries(whole).flatMap(([key, part]) => [
      ...over(strange, (value) => ({ ...whole, [key]: value })).map(
        ([name, make]) => [`${key} ${name}`, make] as const,
      ),
      ...(typeof part === 'object' && !Array.isArray(part) ? Object.keys(part) : []).flatMap((own) =>
        over(strange, (value) => ({ ...whole, [key]: { ...part, [own]: value } })).map(
          ([name, make]) => [`${key}.${own} ${name}`, make] as const,
        ),
      ),
      ...(key === 'groups' ? ['match', 'rateFactor', 'weightDecay', 'isFrozen'] : []).flatMap((own) =>
        over(strange, (value) => ({ ...whole, groups: [{ ...whole.groups![0], [own]: value }] })).map(
          ([name, make]) => [`groups.${own} ${name}`, make] as const,
        ),
      ),
    ]),
  );
  const parts = (whole: object): readonly (readonly [string, () => unknown])[] =>
    Object.keys(whole).flatMap((key) =>
      over(strange, (value) => ({ ...whole, [key]: value })).map(([name, make]) => [`${key} ${name}`, make] as const),
    );
  return [
    ...over(strange, (value) => value).flatMap(([name, make]): Call[] => [
      [`compile, network: ${name}`, () => open(() => any.compile(make(), training))],
      [`compile, training: ${name}`, () => open(() => any.compile(spec, make()))],
      [`load: ${name}`, () => open(() => any.load(make(), { where: 'inline' }))],
    ]),
    ...parts(spec).map(
      ([name, make]): Call => [`compile, network.${name}`, () => open(() => any.compile(make(), training))],
    ),
    ...nested.map(([name, make]): Call => [`compile, training.${name}`, () => open(() => any.compile(spec, make()))]),
    ...signals.map(
      ([name, make]): Call => [`compile, options: ${name}`, () => open(() => any.compile(spec, training, make()))],
    ),
    ...optionsOf(['signal', 'where', 'threads', 'onEnd']).map(
      ([name, make]): Call => [`load, options: ${name}`, () => open(() => any.load(model, make()))],
    ),
    ['load: a model in memory that is gone', () => open(() => any.load(detached(model.slice()), { where: 'inline' }))],
  ];
}

const allowed: readonly string[] = [
  'REQUEST_INVALID',
  'FORMAT_VERSION',
  'MODEL_INVALID',
  'MODEL_UNSUPPORTED',
  'MEMORY_EXCEEDED',
];

/** What of these ended in anything but a result or a typed error. */
async function brokenOf(calls: readonly Call[]): Promise<string[]> {
  const broken: string[] = [];
  for (const [name, call] of calls) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in 5 s')), 5000);
    });
    try {
      await Promise.race([(async () => call())(), late]);
    } catch (error) {
      const isTyped = TrainerError.isInstance(error) && allowed.includes(error.code);
      if (!isTyped)
        broken.push(
          `${name}: ${(error as Error)?.name} ${(error as { code?: string })?.code} ${(error as Error)?.message}`,
        );
    } finally {
      clearTimeout(timer);
    }
  }
  return broken;
}

let worker: Worker;
const inline: LoadOptions = { where: 'inline' };
const backends: readonly { name: string; make: () => Promise<Backend> | Backend; how: LoadOptions }[] = [
  { name: 'onnx', make: () => onnxBackend(), how: inline },
  { name: 'onnx, models in a child', make: () => onnxBackend(), how: { where: 'child' } },
  { name: 'onnx-web', make: () => onnxWebBackend({ ort: ort as OrtModule }), how: inline },
  { name: 'tfjs', make: () => tfjsBackend({ tf }), how: inline },
  { name: 'remote', make: () => remoteBackend({ url: worker.url }), how: inline },
];

describe.each(backends)('$name', ({ make, how }) => {
  let backend: Backend;
  let network: TrainableNetwork;
  let predictor: Predictor;
  let ended = 0;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    worker ??= await startWorker({ backend: onnxBackend() });
    backend = await make();
    network = await backend.compile(spec, training);
    predictor = await backend.load(await network.toModel(), { ...how, onEnd: () => ended++ });
  });
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
    await predictor[Symbol.asyncDispose]();
  });

  it('answers every wrong argument of a model with a typed error, and goes on', async () => {
    const before = await predictor.predict({ x });
    expect(await brokenOf(predictionsOf(predictor))).toEqual([]);
    expect(await predictor.predict({ x })).toEqual(before);
    expect(ended).toBe(0);
  });

  it('answers every wrong argument of a network with a typed error, and goes on', async () => {
    const before = await network.snapshot();
    expect(await brokenOf(callsOf(network))).toEqual([]);
    await network.restore(before);
    expect(await network.steps(data, batches)).toHaveLength(1);
  });

  it('answers every wrong argument of what opens them with a typed error', async () => {
    const model = await network.toModel();
    expect(await brokenOf(openingsOf(backend, model))).toEqual([]);
  });

  it('hands what a listener throws to its caller as it is, keeps the steps that were made, and goes on', async () => {
    const thrown = new Error('of the caller');
    const before = network.step;
    const onSteps = () => {
      throw thrown;
    };
    await expect(network.steps(data, batches, { onSteps })).rejects.toBe(thrown);
    expect(network.step).toBe(before + 1);
    expect(await network.steps(data, batches)).toHaveLength(1);
    expect(network.step).toBe(before + 2);
  });

  it('says after disposal what to do, whatever is asked', async () => {
    const [gone, away] = [await backend.compile(spec, training), await backend.load(await network.toModel(), how)];
    await gone[Symbol.asyncDispose]();
    await away[Symbol.asyncDispose]();
    const disposed = { code: 'REQUEST_INVALID', message: expect.stringMatching(/disposed of/) };
    await expect(gone.steps(data, batches)).rejects.toMatchObject(disposed);
    await expect(gone.evaluate(data)).rejects.toMatchObject(disposed);
    await expect(gone.snapshot()).rejects.toMatchObject(disposed);
    await expect(gone.toModel()).rejects.toMatchObject(disposed);
    await expect(away.predict({ x })).rejects.toMatchObject({ code: 'PREDICT_FAILED' });
  });
});

afterAll(() => worker?.[Symbol.asyncDispose]());
