import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tensor, TrainableNetwork, TrainingData, TrainingSnapshot } from '../../../../src/backends/backend.ts';
import { relu } from '../../../../src/backends/network/layers/activation.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { dropout } from '../../../../src/backends/network/layers/dropout.ts';
import { batchNorm, layerNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import { residual } from '../../../../src/backends/network/layers/residual.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';

const backend = onnxBackend();
const rows = 100;

/** Two classes by the sign of a product, which no linear map tells apart. */
function makeData(count = rows): TrainingData {
  const random = createRandom('data');
  const x = Float32Array.from({ length: count * 4 }, () => random.normal());
  const y = BigInt64Array.from({ length: count }, (_, i) => (x[4 * i]! * x[4 * i + 1]! > 0 ? 1n : 0n));
  return {
    inputs: { x: { dtype: 'float32', shape: [count, 4], data: x } },
    targets: { y: { dtype: 'int64', shape: [count], data: y } },
  };
}

/** Batches of whole epochs, the last of each smaller. */
function makeBatches(epochs: number, size = 16): Int32Array[] {
  const random = createRandom('batches');
  return Array.from({ length: epochs }, () => {
    const order = random.shuffle(Int32Array.from({ length: rows }, (_, i) => i));
    return Array.from({ length: Math.ceil(rows / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
  }).flat();
}

const spec = network({
  inputs: { x: { dtype: 'float32', shape: [4] } },
  layers: [dense(16), relu(), dropout(0.2), residual([layerNorm(), dense(16), relu()]), batchNorm(), dense(2)],
});
const training: Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adamw', learningRate: 0.01 },
  schedule: { kind: 'cosine', steps: 60, warmUpSteps: 5 },
  clipNorm: 1,
  seed: 3,
};
const data = makeData();

const weightsOf = async (trained: TrainableNetwork) =>
  Object.fromEntries(Object.entries((await trained.snapshot()).state).map(([key, { data }]) => [key, data]));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('steps', () => {
  it('learn what no linear map can tell', async () => {
    const plain = network({ inputs: spec.inputs, layers: [dense(16), relu(), dense(16), relu(), dense(2)] });
    await using trained = await backend.compile(plain, {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adam', learningRate: 0.01 },
    });
    const before = (await trained.evaluate(data)).loss;
    const losses = await trained.steps(data, makeBatches(40));
    expect(losses).toHaveLength(40 * 7);
    expect(trained.step).toBe(280);
    expect(before).toBeGreaterThan(0.6);
    expect((await trained.evaluate(data)).loss).toBeLessThan(0.1);
  });

  it('give the same bits in one call, step by step, and from a snapshot in another network', async () => {
    const batches = makeBatches(6);
    await using whole = await backend.compile(spec, training);
    const losses = await whole.steps(data, batches);

    await using single = await backend.compile(spec, training);
    const one: number[] = [];
    for (const batch of batches.slice(0, 20)) one.push(...(await single.steps(data, [batch])));
    // As a checkpoint on a disk.
    const snapshot = structuredClone(await single.snapshot());
    await using resumed = await backend.compile(spec, training);
    await resumed.restore(snapshot);
    expect(resumed.step).toBe(20);
    one.push(...(await resumed.steps(data, batches.slice(20))));

    expect(one).toEqual([...losses]);
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
  });

  it('do not depend on how long native calls take', async () => {
    const batches = makeBatches(6);
    await using quick = await backend.compile(spec, training);
    await quick.steps(data, batches);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 1000;
      return now;
    });
    await using slow = await backend.compile(spec, training);
    const calls: number[] = [];
    await slow.steps(data, batches, { onSteps: (_, losses) => calls.push(losses.length) });
    // After the first call, one step a call: each seems to take a second.
    expect(calls.slice(1).every((count) => count === 1)).toBe(true);
    expect(await weightsOf(slow)).toEqual(await weightsOf(quick));
  });

  it('differ by the seed', async () => {
    await using a = await backend.compile(spec, training);
    await using b = await backend.compile(spec, { ...training, seed: 4 });
    const batches = makeBatches(1);
    expect(await a.steps(data, batches)).not.toEqual(await b.steps(data, batches));
  });

  it('use the learning rate that is set', async () => {
    await using trained = await backend.compile(spec, { ...training, optimiser: { kind: 'sgd', learningRate: 1 } });
    const before = await weightsOf(trained);
    trained.setLearningRate(0);
    await trained.steps(data, makeBatches(1).slice(0, 1));
    const after = await weightsOf(trained);
    expect(after['dense-1/weight']).toEqual(before['dense-1/weight']);
    trained.setLearningRate(1);
    await trained.steps(data, makeBatches(1).slice(0, 1));
    expect((await weightsOf(trained))['dense-1/weight']).not.toEqual(before['dense-1/weight']);
    expect(() => trained.setLearningRate(Number.NaN)).toThrow(/learning rate.*NaN/);
  });

  it('stop at a signal and keep what was done', async () => {
    await using trained = await backend.compile(spec, training);
    const controller = new AbortController();
    const stopped = trained.steps(data, makeBatches(3), {
      signal: controller.signal,
      onSteps: () => controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(trained.step).toBeGreaterThan(0);
    expect(trained.step).toBeLessThan(21);
    const done = trained.step;
    await trained.steps(data, makeBatches(1).slice(0, 2));
    expect(trained.step).toBe(done + 2);
  });

  it('drop the share of values that the layer says, other ones in each step', async () => {
    const wide = network({ inputs: { x: { dtype: 'float32', shape: [400] } }, layers: [dropout(0.3), dense(1)] });
    await using trained = await backend.compile(wide, {
      loss: { kind: 'mean-squared-error' },
      optimiser: { kind: 'sgd', learningRate: 0 },
    });
    const { state, ...rest } = await trained.snapshot();
    const ones: Tensor = { dtype: 'float32', shape: [400, 1], data: new Float32Array(400).fill(1) };
    const bias: Tensor = { dtype: 'float32', shape: [1], data: new Float32Array(1) };
    await trained.restore({ ...rest, state: { ...state, 'output/weight': ones, 'output/bias': bias } });
    // The output is the sum of what is kept, and the target 0: the root of the loss is that sum.
    const one: TrainingData = {
      inputs: { x: { dtype: 'float32', shape: [1, 400], data: new Float32Array(400).fill(1 / 400) } },
      targets: { y: { dtype: 'float32', shape: [1, 1], data: new Float32Array(1) } },
    };
    const kept = Array.from(
      await trained.steps(one, Array(200).fill(Int32Array.of(0))),
      (loss) => Math.sqrt(loss) * 0.7,
    );
    const mean = kept.reduce((sum, share) => sum + share) / kept.length;
    const deviation = Math.sqrt(kept.reduce((sum, share) => sum + (share - mean) * (share - mean), 0) / kept.length);
    // 80,000 draws; a share of 400 deviates by √(0.3·0.7/400) = 0.0229.
    expect(mean).toBeGreaterThan(0.69);
    expect(mean).toBeLessThan(0.71);
    expect(deviation).toBeGreaterThan(0.018);
    expect(deviation).toBeLessThan(0.028);
  });
});

describe('the exported model', () => {
  it('passes the checker and predicts what the network evaluates, for any number of rows', async () => {
    await using trained = await backend.compile(spec, training);
    await trained.steps(data, makeBatches(2));
    const { outputs } = await trained.evaluate(data);
    const model = await trained.toModel();
    await using predictor = await backend.load(model, { where: 'inline' });
    expect(predictor.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [-1, 4] }]);
    const predicted = (await predictor.predict(data.inputs)).output!;
    expect(predicted.shape).toEqual([rows, 2]);
    const own = outputs.output!.data as Float32Array;
    const most = own.reduce((worst, value, i) => Math.max(worst, Math.abs(value - Number(predicted.data[i]))), 0);
    expect(most).toBeLessThan(1e-6);
    expect(await trained.toModel()).toEqual(model);
  });
});

describe('divergence', () => {
  it('names the step and the layer, and leaves the network as it was before that step', async () => {
    const plain = network({ inputs: spec.inputs, layers: [dense(8), relu(), dense(2)] });
    const options: Training = { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'sgd', learningRate: 1e30 } };
    await using trained = await backend.compile(plain, options);
    const failed = await trained.steps(data, makeBatches(1)).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'TRAIN_DIVERGED',
      details: { step: expect.any(Number), layer: expect.any(String) },
    });
    const { step } = (failed as { details: { step: number } }).details;
    expect(trained.step).toBe(step);
    await using same = await backend.compile(plain, options);
    await same.steps(data, makeBatches(1).slice(0, step));
    expect(await weightsOf(trained)).toEqual(await weightsOf(same));
  });
});

describe('bad input', () => {
  const withX = (x: Tensor): TrainingData => ({ ...data, inputs: { x } });
  const x = data.inputs.x!;

  it.each<[string, TrainingData, RegExp]>([
    ['NaN', withX({ ...x, data: (x.data as Float32Array).with(9, Number.NaN) } as Tensor), /finite.*"x".*row 2/],
    [
      'infinity',
      withX({ ...x, data: (x.data as Float32Array).with(9, Number.NEGATIVE_INFINITY) } as Tensor),
      /finite.*"x".*row 2/,
    ],
    [
      'another type',
      withX({ dtype: 'float64', shape: [rows, 4], data: new Float64Array(400) }),
      /float32.*got float64/,
    ],
    ['another shape', withX({ ...x, shape: [50, 8] } as Tensor), /float32 \[rows, 4\].*got float32 \[50, 8\]/],
    ['fewer rows of the target', { ...data, targets: makeData(50).targets }, /\[100\].*"y", got int64 \[50\]/],
    ['no input', { ...data, inputs: {} }, /"x", got none/],
    ['an input that is not known', { ...data, inputs: { ...data.inputs, z: x } }, /no input "z"/],
    ['no target', { ...data, targets: {} }, /one target, got none/],
    ['nothing', undefined as never, /\{ inputs, targets \}.*got no inputs/],
    ['no targets at all', { inputs: data.inputs } as never, /got no targets/],
    ['a tensor that is null', withX(null as never), /"x", got none/],
    ['a tensor without a shape', withX({ ...x, shape: undefined } as never), /"x", got a tensor without a shape/],
    ['a list of numbers', withX({ ...x, data: Array(400).fill(1) } as never), /"x", float32, to be in a Float32Array/],
    ['doubles that are said to be floats', withX({ ...x, data: new Float64Array(400) } as never), /a Float32Array/],
    [
      'memory that threads share',
      withX({ ...x, data: new Float32Array(new SharedArrayBuffer(1600)) } as never),
      /memory that threads share: copy them/,
    ],
    [
      'labels out of range',
      { ...data, targets: { y: { dtype: 'int64', shape: [rows], data: new BigInt64Array(rows).fill(2n) } } },
      /labels.*"y".*0 to 1.*row 0/,
    ],
  ])('%s is refused', async (_, bad, message) => {
    await using trained = await backend.compile(spec, training);
    const refused = expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) });
    await expect(trained.steps(bad, makeBatches(1))).rejects.toEqual(refused);
    await expect(trained.evaluate(bad)).rejects.toEqual(refused);
  });

  it.each([
    ['an empty batch', [new Int32Array(0)], /at least one row/],
    ['no list of batches', undefined as never, /batches to be a list/],
    ['a row that is not there', [Int32Array.of(0, rows)], /0 to 99, got 100/],
    ['a batch of one for batch normalisation', [Int32Array.of(0)], /"batch-norm-1".*at least 2/],
  ])('%s is refused', async (_, batches, message) => {
    await using trained = await backend.compile(spec, training);
    await expect(trained.steps(data, batches)).rejects.toThrow(message);
    expect(trained.step).toBe(0);
  });

  it.each<[string, Partial<Training>, RegExp]>([
    ['a loss that is not known', { loss: { kind: 'hinge' } as never }, /loss.*cross-entropy.*got "hinge"/],
    ['class weights of another number', { loss: { kind: 'cross-entropy', classWeights: [1] } }, /2 numbers/],
    ['an output that is not there', { loss: { kind: 'cross-entropy', output: 'z' } }, /outputs "output", got "z"/],
    ['a rate below zero', { optimiser: { kind: 'sgd', learningRate: -1 } }, /learning rate.*-1/],
    ['a momentum of one', { optimiser: { kind: 'sgd', learningRate: 1, momentum: 1 } }, /momentum.*got 1/],
    ['an optimiser that is not known', { optimiser: { kind: 'lion' } as never }, /optimiser.*got "lion"/],
    ['a norm of zero', { clipNorm: 0 }, /clipNorm.*got 0/],
    ['no threads', { threads: 0 }, /threads.*got 0/],
    ['no loss', { loss: undefined as never }, /loss to be one of.*got undefined/],
    ['no optimiser', { optimiser: undefined as never }, /optimiser to be one of.*got undefined/],
    ['a rate that is infinite in 32 bits', { optimiser: { kind: 'sgd', learningRate: 1e39 } }, /finite number.*1e\+39/],
  ])('%s is refused', async (_, part, message) => {
    await expect(backend.compile(spec, { ...training, ...part })).rejects.toThrow(message);
  });

  it('no training at all is refused', async () => {
    const compile = backend.compile(spec, undefined as never);
    await expect(compile).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(/a loss/) });
  });

  it.each<[string, (snapshot: TrainingSnapshot) => unknown, RegExp]>([
    ['without a state', ({ state: _, ...rest }) => rest, /it has no state/],
    ['of a newer version', (snapshot) => ({ ...snapshot, formatVersion: 3 }), /formatVersion 2, got 3/],
    ['without a tensor', ({ state: { 'dense-1/weight': _, ...state }, ...rest }) => ({ ...rest, state }), /missing/],
    [
      'with a strange tensor',
      (snapshot) => ({ ...snapshot, state: { ...snapshot.state, 'dense-9/weight': x } }),
      /"dense-9\/weight"/,
    ],
    [
      'with another shape',
      (snapshot) => ({ ...snapshot, state: { ...snapshot.state, 'dense-1/weight': x } }),
      /\[4,16\].*got \[100,4\]/,
    ],
    [
      'with infinity',
      (snapshot) => {
        (snapshot.state['dense-1/weight']!.data as Float32Array)[3] = Number.POSITIVE_INFINITY;
        return snapshot;
      },
      /not finite/,
    ],
    ['with a broken step', (snapshot) => ({ ...snapshot, step: -1 }), /step is -1/],
  ])('a snapshot %s is refused', async (_, damage, message) => {
    await using trained = await backend.compile(spec, training);
    const damaged = damage(await trained.snapshot()) as TrainingSnapshot;
    await expect(trained.restore(damaged)).rejects.toThrow(message);
  });

  it('nothing is done after dispose, and what was asked before is', async () => {
    const trained = await backend.compile(spec, training);
    const asked = trained.steps(data, makeBatches(1));
    await Promise.all([asked, trained[Symbol.asyncDispose]()]);
    expect(await asked).toHaveLength(7);
    await expect(trained.snapshot()).rejects.toThrow(/disposed/);
    await trained[Symbol.asyncDispose]();
  });
});

describe('the process around', () => {
  it('keeps its small numbers, and memories of gradients that stay zero do not fade into such', async () => {
    const dead = network({ inputs: { x: { dtype: 'float32', shape: [4] } }, layers: [dense(2)] });
    await using trained = await backend.compile(dead, {
      loss: { kind: 'mean-squared-error' },
      optimiser: { kind: 'adam', learningRate: 1e-3 },
    });
    const zeros: TrainingData = {
      inputs: { x: { dtype: 'float32', shape: [2, 4], data: Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0) } },
      targets: { y: { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) } },
    };
    const row = (number: number) => Int32Array.of(number);
    await trained.steps(zeros, [row(0), ...Array(1500).fill(row(1))]);
    const { state } = await trained.snapshot();
    const moments = state['output/weight#moment']!.data as Float32Array;
    expect(moments.every((value) => value === 0 || Math.abs(value) > 1.2e-38)).toBe(true);
    expect(moments.some((value) => value === 0)).toBe(true);
    const least = Float64Array.of(2.3e-308);
    expect(least[0]! / 1024).toBeGreaterThan(0);
  });
});
