import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor, TrainingData } from '../../../../src/backends/backend.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { averageTokens } from '../../../../src/backends/network/layers/tokens.ts';
import type { NetworkSpec } from '../../../../src/backends/network/network-spec.ts';
import { summariseNetwork } from '../../../../src/backends/network/summarise-network.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { type ImportOptions, importNetwork } from '../../../../src/backends/onnx/import/import-network.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { TrainerError } from '../../../../src/core/errors.ts';
import { decodeModel } from '../../../../src/onnx/decode.ts';
import { encodeModel } from '../../../../src/onnx/encode.ts';
import { createGraphBuilder, type GraphBuilder } from '../../../../src/onnx/graph-builder.ts';

interface Trained {
  readonly losses: readonly number[];
  readonly outputs: readonly number[];
}

interface Expected {
  readonly text: Readonly<Record<'all' | 'frozen' | 'adapted', Trained>> & {
    readonly ids: readonly number[];
    readonly mask: readonly number[];
    readonly labels: readonly number[];
    readonly before: readonly number[];
    readonly factors: Readonly<Record<string, readonly number[]>>;
  };
  readonly image: Readonly<Record<'frozen' | 'batch', Trained>> & {
    readonly pixels: readonly number[];
    readonly labels: readonly number[];
    readonly before: readonly number[];
  };
}

const read = (name: string) => readFileSync(new URL(`../../../fixtures/import/${name}`, import.meta.url));
const expected = JSON.parse(read('expected.json').toString('utf8')) as Expected;
const integers = (values: readonly number[], shape: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});
const { text, image } = expected;
const textData: TrainingData = {
  inputs: { ids: integers(text.ids, [4, 7]), mask: integers(text.mask, [4, 7]) },
  targets: { label: integers(text.labels, [4]) },
};
const imageData: TrainingData = {
  inputs: { pixels: { dtype: 'float32', shape: [5, 2, 6, 6], data: Float32Array.from(image.pixels) } },
  targets: { label: integers(image.labels, [5]) },
};
const shapes = { ids: [7], mask: [7] };
const sgd = (learningRate: number): Training => ({
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'sgd', learningRate },
});

function expectClose(actual: ArrayLike<number>, wanted: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(wanted.length);
  const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}

/** Six steps on all rows; losses, outputs behind them, and what the exported file gives. */
async function fineTune(
  spec: NetworkSpec,
  data: TrainingData,
  training: Training,
  start?: Record<string, readonly number[]>,
) {
  const backend = onnxBackend();
  await using network = await backend.compile(spec, training);
  const rows = Object.values(data.inputs)[0]!.shape[0]!;
  if (start !== undefined) {
    const { state, ...rest } = await network.snapshot();
    const given = Object.entries(start).map(([key, values]): [string, Tensor] => [
      key,
      { dtype: 'float32', shape: state[key]!.shape, data: Float32Array.from(values) },
    ]);
    await network.restore({ ...rest, state: { ...state, ...Object.fromEntries(given) } });
  }
  const before = await network.evaluate(data);
  const batch = Int32Array.from({ length: rows }, (_, i) => i);
  const losses = await network.steps(
    data,
    Array.from({ length: 6 }, () => batch),
  );
  const after = await network.evaluate(data);
  const model = await network.toModel();
  await using predictor = await backend.load(model, { where: 'inline' });
  const predicted = await predictor.predict(data.inputs);
  const values = (tensors: typeof predicted) => Object.values(tensors)[0]!.data as Float32Array;
  return {
    losses,
    before: values(before.outputs),
    after: values(after.outputs),
    predicted: values(predicted),
    snapshot: await network.snapshot(),
    model,
  };
}

describe('importNetwork', () => {
  it.each(['tiny-text-13', 'tiny-text-17'])(
    'fine-tunes all weights of %s as PyTorch does, and exports what it has learnt',
    async (name) => {
      const made = await fineTune(importNetwork(read(`${name}.onnx`), { shapes }), textData, sgd(0.1));
      expectClose(made.before, text.before, 2e-6);
      expectClose(made.losses, text.all.losses, 5e-6);
      expectClose(made.after, text.all.outputs, 1e-5);
      expectClose(made.predicted, text.all.outputs, 1e-5);
    },
  );

  it.each(Array.from({ length: 10 }, (_, i) => 13 + i))(
    'fine-tunes the same nets in operator set %i with the same losses',
    async (opset) => {
      const fileOf = (name: string, own: number) =>
        read(opset === own ? `${name}-${own}.onnx` : `opsets/${name}-${opset}.onnx`);
      const [textFile, imageFile] = [fileOf('tiny-text', 13), fileOf('tiny-image', 14)];
      expect(decodeModel(textFile).opsets.find(({ domain }) => domain === '')?.version).toBe(opset);
      const madeOfText = await fineTune(importNetwork(textFile, { shapes }), textData, sgd(0.1));
      expectClose(madeOfText.before, text.before, 2e-6);
      expectClose(madeOfText.losses, text.all.losses, 5e-6);
      const madeOfImage = await fineTune(importNetwork(imageFile), imageData, sgd(0.1));
      expectClose(madeOfImage.before, image.before, 2e-6);
      expectClose(madeOfImage.losses, image.frozen.losses, 5e-6);
    },
  );

  it('leaves frozen weights as they are, as PyTorch does', async () => {
    const spec = importNetwork(read('tiny-text-17.onnx'), { shapes });
    const groups = [
      { match: 'model/words*', isFrozen: true },
      { match: 'model/positions*', isFrozen: true },
    ];
    const made = await fineTune(spec, textData, { ...sgd(0.1), groups });
    expectClose(made.losses, text.frozen.losses, 5e-6);
    expectClose(made.after, text.frozen.outputs, 1e-5);
    const words = (tensors: Awaited<ReturnType<typeof fineTune>>) => tensors.snapshot.state['model/words.weight']!.data;
    const untouched = await fineTune(spec, textData, { ...sgd(1e-30), groups });
    expect(words(made)).toEqual(words(untouched));
  });

  it('trains low-rank changes as PyTorch does, and merges them into what it exports', async () => {
    const spec = importNetwork(read('tiny-text-17.onnx'), { shapes, adapt: { match: 'blocks.*', rank: 2, scale: 4 } });
    const keys = Object.keys(text.factors);
    const start = Object.fromEntries(keys.map((key) => [`model/${key}.lora-a`, text.factors[key]!]));
    // The case changes queries and values alone: the other changes stay at zero.
    const groups = ['key', 'out', 'up', 'down'].map((part) => ({
      match: `model/*.${part}.weight.lora-*`,
      isFrozen: true,
    }));
    const made = await fineTune(spec, textData, { ...sgd(0.5), groups }, start);
    expectClose(made.before, text.before, 2e-6);
    expectClose(made.losses, text.adapted.losses, 1e-5);
    expectClose(made.after, text.adapted.outputs, 3e-5);
    expectClose(made.predicted, text.adapted.outputs, 3e-5);
    // The file has matrices of the shapes it came with, and no factors.
    const dims = decodeModel(made.model).graph.initializers.map((tensor) => `${tensor.dims}`);
    expect(dims).toContain('8,8');
    expect(dims.filter((shape) => shape === '8,2' || shape === '2,8')).toEqual([]);
  });

  it.each(['nchwc', 'nhwc', 'winograd', 'plain'] as const)(
    'trains convolutions by the statistics of the file, laid out %s',
    async (layout) => {
      const spec = importNetwork(read('tiny-image-14.onnx'));
      const backend = onnxBackend({ layout });
      await using network = await backend.compile(spec, sgd(0.1));
      const batch = Int32Array.of(0, 1, 2, 3, 4);
      expectClose((await network.evaluate(imageData)).outputs.output!.data as Float32Array, image.before, 2e-6);
      const losses = await network.steps(imageData, [batch, batch, batch, batch, batch, batch]);
      expectClose(losses, image.frozen.losses, 1e-5);
      const { outputs } = await network.evaluate(imageData);
      expectClose(outputs.output!.data as Float32Array, image.frozen.outputs, 3e-5);
    },
  );

  it('trains convolutions by the statistics of the batch, which the file’s follow', async () => {
    const spec = importNetwork(read('tiny-image-14.onnx'), { batchNorm: 'batch' });
    const made = await fineTune(spec, imageData, sgd(0.1));
    expectClose(made.losses, image.batch.losses, 2e-5);
    expectClose(made.after, image.batch.outputs, 1e-4);
    expectClose(made.predicted, image.batch.outputs, 1e-4);
  });

  it('takes the head off and puts layers in its place, which may take the inputs', async () => {
    const file = read('tiny-text-17.onnx');
    const spec = importNetwork(file, {
      shapes,
      output: '/blocks.1/norm2/LayerNormalization_output_0',
      layers: [averageTokens({ from: ['model', 'mask'] }), dense(5)],
    });
    expect(spec.layers.map(({ kind }) => kind)).toEqual(['imported', 'average-tokens', 'dense']);
    const whole = summariseNetwork(importNetwork(file, { shapes }));
    // The head of 8 × 3 + 3 went, one of 8 × 5 + 5 came.
    expect(summariseNetwork(spec).parameters).toBe(whole.parameters - 27 + 45);
    const made = await fineTune(spec, textData, { ...sgd(0.1), metrics: ['accuracy'] });
    expect(made.losses[5]).toBeLessThan(made.losses[0]!);
    expectClose(made.predicted, Array.from(made.after), 1e-6);
  });

  it('gives a file whose batch is free', async () => {
    const made = await fineTune(importNetwork(read('tiny-text-13.onnx'), { shapes }), textData, sgd(0.1));
    await using predictor = await onnxBackend().load(made.model, { where: 'inline' });
    expect(predictor.inputs.map(({ shape }) => shape)).toEqual([
      [-1, 7],
      [-1, 7],
    ]);
    const one = await predictor.predict({
      ids: integers(text.ids.slice(7, 14), [1, 7]),
      mask: integers(text.mask.slice(7, 14), [1, 7]),
    });
    expectClose(Object.values(one)[0]!.data as Float32Array, text.all.outputs.slice(3, 6), 1e-5);
  });

  it('knows which integers a table is looked up by', async () => {
    await using network = await onnxBackend().compile(importNetwork(read('tiny-text-17.onnx'), { shapes }), sgd(0.1));
    const ids = integers([...text.ids.slice(0, 27), 20], [4, 7]);
    const steps = network.steps({ ...textData, inputs: { ...textData.inputs, ids } }, [Int32Array.of(0)]);
    await expect(steps).rejects.toThrow(
      'Expected the input "ids" of the layer "model" to be from 0 to 19, got another in row 3.',
    );
  });

  it('is resumed bitwise, its running statistics and low-rank changes included', async () => {
    const spec = importNetwork(read('tiny-image-14.onnx'), { batchNorm: 'batch', adapt: { match: 'head*', rank: 2 } });
    const training: Training = { ...sgd(0.1), optimiser: { kind: 'adamw', learningRate: 0.01 } };
    const batch = Int32Array.of(0, 1, 2, 3, 4);
    await using straight = await onnxBackend().compile(spec, training);
    await straight.steps(imageData, [batch, batch, batch, batch]);
    await using first = await onnxBackend().compile(spec, training);
    await first.steps(imageData, [batch, batch]);
    await using second = await onnxBackend().compile(spec, training);
    await second.restore(await first.snapshot());
    await second.steps(imageData, [batch, batch]);
    expect(await second.snapshot()).toEqual(await straight.snapshot());
  });
});

/** A file of one or a few nodes behind the input x [batch, 4]. */
function fileOf(
  make: (builder: GraphBuilder, x: string) => string,
  shape: readonly (number | string)[] = ['batch', 4],
): Uint8Array {
  const builder = createGraphBuilder();
  const x = builder.input('x', 'float', shape);
  builder.output('y', make(builder, x), 'float', ['batch', 4]);
  return builder.build({ name: 'file' });
}

const refused: readonly {
  readonly title: string;
  readonly file: Uint8Array;
  readonly options?: ImportOptions;
  readonly code: TrainerError['code'];
  readonly message: string;
}[] = [
  {
    title: 'operators that can not be trained through, all of them by name and position',
    file: fileOf((graph, x) => {
      const odd = graph.node('Hardmax', [graph.node('Relu', [x])]);
      return graph.node('Add', [odd, graph.node('IsNaN', [graph.node('Tanh', [x])], { name: 'test' })]);
    }),
    code: 'MODEL_UNSUPPORTED',
    message:
      'has 2 nodes of operators that can not be trained through: Hardmax (node 1, "hardmax_0"), IsNaN (node 3, "test_0")',
  },
  {
    title: 'a value that the file does not make',
    file: fileOf((graph, x) => graph.node('Relu', [x])),
    options: { output: 'z' },
    code: 'REQUEST_INVALID',
    message: 'The model makes no value named "z" to end with; its outputs are "y".',
  },
  {
    title: 'sizes that the file leaves open',
    file: fileOf((graph, x) => graph.node('Relu', [x]), ['batch', 'length']),
    code: 'REQUEST_INVALID',
    message: 'The file leaves the sizes of the input "x" open ([batch, length])',
  },
  {
    title: 'sizes that are not those of the file',
    file: fileOf((graph, x) => graph.node('Relu', [x])),
    options: { shapes: { x: [5] } },
    code: 'REQUEST_INVALID',
    message: 'Expected size 0 of the input "x" to be 4, as the file says, got 5.',
  },
  {
    title: 'shapes of an input that is none',
    file: fileOf((graph, x) => graph.node('Relu', [x])),
    options: { shapes: { z: [5] } },
    code: 'REQUEST_INVALID',
    message: '"shapes" names "z", which is none of the inputs x.',
  },
  {
    title: 'a file that was exported for one batch size',
    file: fileOf((graph, x) => graph.node('Reshape', [x, graph.ints([2, 4])])),
    code: 'MODEL_UNSUPPORTED',
    message:
      'The model works for a batch of 2 and not of 3: export it with a free batch. Reshape (node 0, "reshape_0"): Reshape: [3,4] does not fill [2,4].',
  },
  {
    title: 'an output that mixes samples',
    file: fileOf((graph, x) => graph.node('Reshape', [x, graph.ints([-1])])),
    code: 'MODEL_UNSUPPORTED',
    message: 'Expected "y" to be float32 with the batch as its first axis, got float [8] for a batch of 2.',
  },
  {
    title: 'matrices to adapt that the file has not',
    file: fileOf((graph, x) =>
      graph.node('MatMul', [x, graph.constant({ type: 'float', shape: [4, 4], data: new Float32Array(16) }, 'w')]),
    ),
    options: { adapt: { match: 'v*' } },
    code: 'REQUEST_INVALID',
    message: '"adapt" matches "v*", none of "w_0".',
  },
  {
    title: 'a rank above that of the matrix',
    file: fileOf((graph, x) =>
      graph.node('MatMul', [x, graph.constant({ type: 'float', shape: [4, 4], data: new Float32Array(16) }, 'w')]),
    ),
    options: { adapt: { match: 'w*', rank: 5 } },
    code: 'REQUEST_INVALID',
    message: 'Expected the rank of "adapt" to be at most 4 for "w_0", got 5.',
  },
];

describe('importNetwork refuses', () => {
  it.each(refused)('$title', ({ file, options, code, message }) => {
    const error = (() => {
      try {
        importNetwork(file, options);
        return undefined;
      } catch (cause) {
        return cause;
      }
    })();
    expect(TrainerError.isInstance(error) && error.code).toBe(code);
    expect((error as Error).message).toContain(message);
  });
});

it('a weight that two nodes take is one, whose gradients are added', async () => {
  const builder = createGraphBuilder();
  const x = builder.input('x', 'float', ['batch', 1]);
  const w = builder.constant({ type: 'float', shape: [1, 1], data: Float32Array.of(0.5) }, 'w');
  builder.output('y', builder.node('MatMul', [builder.node('MatMul', [x, w]), w]), 'float', ['batch', 1]);
  await using network = await onnxBackend().compile(importNetwork(builder.build({ name: 'shared' })), {
    loss: { kind: 'mean-squared-error' },
    optimiser: { kind: 'sgd', learningRate: 0.1 },
  });
  const one: Tensor = { dtype: 'float32', shape: [1, 1], data: Float32Array.of(1) };
  const zero: Tensor = { dtype: 'float32', shape: [1, 1], data: Float32Array.of(0) };
  await network.steps({ inputs: { x: one }, targets: { y: zero } }, [Int32Array.of(0)]);
  const { state } = await network.snapshot();
  // The loss is w⁴, its slope at one half 4w³ = 0.5, and the step a tenth of that.
  expect(Object.values(state)).toHaveLength(1);
  expect(Number(Object.values(state)[0]!.data[0])).toBeCloseTo(0.45, 6);
});

it.each([
  [12, 'MODEL_UNSUPPORTED'],
  [13, undefined],
  [22, undefined],
  [23, 'MODEL_UNSUPPORTED'],
] as const)('operator set %i is taken from 13 to 22 alone', (version, code) => {
  const builder = createGraphBuilder();
  const x = builder.input('x', 'float', ['batch', 4]);
  const w = builder.constant({ type: 'float', shape: [4, 4], data: new Float32Array(16).fill(0.5) }, 'w');
  builder.output('y', builder.node('Relu', [builder.node('MatMul', [x, w])]), 'float', ['batch', 4]);
  const model = decodeModel(builder.build({ name: 'edge' }));
  const file = encodeModel({ ...model, opsets: [{ domain: '', version }] });
  const take = () => importNetwork(file);
  if (code === undefined) expect(take().layers).toHaveLength(1);
  else expect(take).toThrow(expect.objectContaining({ code, message: expect.stringMatching(/13 to 22/) }));
});
