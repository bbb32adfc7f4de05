import { describe, expect, it } from 'vitest';
import type { Tensor, TrainableNetwork, TrainingData } from '../../../../src/backends/backend.ts';
import { gpt } from '../../../../src/backends/network/blocks/gpt.ts';
import { attention } from '../../../../src/backends/network/layers/attention.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { embedding } from '../../../../src/backends/network/layers/embedding.ts';
import { entityEmbeddings } from '../../../../src/backends/network/layers/entity-embeddings.ts';
import { batchNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import { flatten, reshape } from '../../../../src/backends/network/layers/shaping.ts';
import { averageTokens } from '../../../../src/backends/network/layers/tokens.ts';
import type { Loss } from '../../../../src/backends/network/loss.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { NetworkSpec } from '../../../../src/backends/network/network-spec.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';

const backend = onnxBackend();
const random = createRandom('settings');
const rows = 40;
const length = 6;

const integers = (shape: readonly number[], draw: (i: number) => number): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => BigInt(draw(i))),
});
const floats = (shape: readonly number[], draw: (i: number) => number): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => draw(i)),
});

// Each id follows from the one before it, so that there is something to learn.
const ids = integers([rows, length], (i) => (Math.floor(i / length) + 3 * (i % length)) % 8);
const next = integers([rows, length], (i) => (Math.floor(i / length) + 3 * ((i % length) + 1)) % 8);
const sequences: TrainingData = { inputs: { ids }, targets: { next } };
const spec = network({
  inputs: { ids: { dtype: 'int64', shape: [length] } },
  layers: gpt({ vocabulary: 8, width: 8, depth: 1, heads: 2, dropout: 0.1 }),
});
const everything: Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adamw', learningRate: 0.01 },
  schedule: { kind: 'one-cycle', steps: 60 },
  clipNorm: 1,
  groups: [
    { match: 'embedding-1/*', rateFactor: 0.5, weightDecay: 0 },
    { match: '*dense*bias', isFrozen: true },
  ],
  accumulate: 3,
  averageDecay: 0.9,
  metrics: ['accuracy'],
  seed: 5,
};
const batches = Array.from({ length: 24 }, (_, i) =>
  Int32Array.from({ length: i % 5 === 4 ? 7 : 10 }, () => random.integer(rows)),
);
const valuesOf = async (trained: TrainableNetwork) =>
  Object.fromEntries(Object.entries((await trained.snapshot()).state).map(([key, { data }]) => [key, data]));

describe('all settings together', () => {
  it('give the same bits in one call, step by step and resumed from a snapshot', async () => {
    await using whole = await backend.compile(spec, everything);
    const losses = await whole.steps(sequences, batches);
    await using single = await backend.compile(spec, everything);
    const one: number[] = [];
    for (const batch of batches.slice(0, 9)) one.push(...(await single.steps(sequences, [batch])));
    const snapshot = structuredClone(await single.snapshot());
    await using resumed = await backend.compile(spec, everything);
    await resumed.restore(snapshot);
    one.push(...(await resumed.steps(sequences, batches.slice(9))));
    expect(one).toEqual([...losses]);
    expect(await valuesOf(resumed)).toEqual(await valuesOf(whole));
  });

  it('leave frozen parameters as they were, without a memory of them, and keep an average of the others', async () => {
    await using trained = await backend.compile(spec, everything);
    const before = await valuesOf(trained);
    await trained.steps(sequences, batches);
    const after = await valuesOf(trained);
    const frozen = Object.keys(after).filter((key) => /dense.*\/bias$/.test(key));
    expect(frozen.length).toBe(2);
    for (const key of frozen) {
      expect(after[key]).toEqual(before[key]);
      expect(after[`${key}#moment`]).toBeUndefined();
      expect(after[`${key}#average`]).toBeUndefined();
    }
    expect(before['output/weight#average']).toEqual(before['output/weight']);
    expect(after['output/weight#average']).not.toEqual(after['output/weight']);
  });
});

describe('averaged weights', () => {
  it('are what evaluate and toModel take where they are told to', async () => {
    await using trained = await backend.compile(spec, { ...everything, averageDecay: 0.5 });
    await trained.steps(sequences, batches);
    const last = await trained.evaluate(sequences);
    const average = await trained.evaluate(sequences, { weights: 'average' });
    expect(average.loss).not.toBe(last.loss);

    // A network whose weights are those averages makes the same of the data.
    const snapshot = await trained.snapshot();
    const state = Object.fromEntries(
      Object.entries(snapshot.state).map(([key, value]) => [key, snapshot.state[`${key}#average`] ?? value]),
    );
    await using other = await backend.compile(spec, { ...everything, averageDecay: 0.5 });
    await other.restore({ ...snapshot, state });
    expect((await other.evaluate(sequences)).loss).toBe(average.loss);
    expect(await other.toModel()).toEqual(await trained.toModel({ weights: 'average' }));
    expect(await other.toModel()).not.toEqual(await trained.toModel());
  });

  it('are refused where none are kept', async () => {
    const { averageDecay: _, ...plain } = everything;
    await using trained = await backend.compile(spec, plain);
    await expect(trained.evaluate(sequences, { weights: 'average' })).rejects.toThrow(/averageDecay/);
    await expect(trained.toModel({ weights: 'average' })).rejects.toThrow(/averageDecay/);
    await expect(trained.evaluate(sequences, { weights: 'mean' as 'last' })).rejects.toThrow(/last or average.*"mean"/);
  });
});

describe('parts of a batch', () => {
  const plain: Training = { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'sgd', learningRate: 0.1 } };
  const still = network({ inputs: spec.inputs, layers: gpt({ vocabulary: 8, width: 8, depth: 1, heads: 2 }) });

  it.each([2, 3, 10, 64])('make the step of the whole batch: %i', async (accumulate) => {
    await using whole = await backend.compile(still, plain);
    await using parted = await backend.compile(still, { ...plain, accumulate });
    const some = batches.slice(0, 6);
    const [a, b] = [await whole.steps(sequences, some), await parted.steps(sequences, some)];
    for (const [i, loss] of a.entries()) expect(b[i]).toBeCloseTo(loss, 5);
    const [x, y] = [await valuesOf(whole), await valuesOf(parted)];
    for (const key of Object.keys(x)) {
      const other = y[key] as Float32Array;
      const most = (x[key] as Float32Array).reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - other[i]!)),
        0,
      );
      expect(most, key).toBeLessThan(2e-6);
    }
  });

  it('hand running statistics from one to the next', async () => {
    const normal = network({ inputs: { x: { dtype: 'float32', shape: [2] } }, layers: [batchNorm(), dense(1)] });
    const data: TrainingData = {
      inputs: { x: floats([4, 2], (i) => i) },
      targets: { y: floats([4, 1], () => 0) },
    };
    await using trained = await backend.compile(normal, {
      loss: { kind: 'mean-squared-error' },
      optimiser: { kind: 'sgd', learningRate: 0 },
      accumulate: 2,
    });
    await trained.steps(data, [Int32Array.of(0, 1, 2, 3)]);
    const { state } = await trained.snapshot();
    // Means of the parts are [1, 2] and [5, 6]; 0.1 of the second over 0.9 of 0.1 of the first.
    const mean = Array.from(state['batch-norm-1/running-mean']!.data, Number);
    expect(mean[0]).toBeCloseTo(0.9 * 0.1 * 1 + 0.1 * 5, 6);
    expect(mean[1]).toBeCloseTo(0.9 * 0.1 * 2 + 0.1 * 6, 6);
  });
});

describe('accuracy', () => {
  it('comes back with each step and from evaluate, counted over what is not ignored', async () => {
    const masked: TrainingData = {
      inputs: { ids },
      targets: {
        next: { ...next, data: (next.data as BigInt64Array).map((id, i) => (i % 3 === 0 ? -1n : id)) } as Tensor,
      },
    };
    await using trained = await backend.compile(spec, {
      ...everything,
      loss: { kind: 'cross-entropy', ignoreIndex: -1 },
      optimiser: { kind: 'adam', learningRate: 0.03 },
      groups: [],
    });
    const seen: number[] = [];
    await trained.steps(masked, [...batches, ...batches], {
      onSteps: (_, losses, metrics) => {
        expect(metrics!.accuracy).toHaveLength(losses.length);
        seen.push(...metrics!.accuracy!);
      },
    });
    expect(seen).toHaveLength(48);
    const { metrics, outputs } = await trained.evaluate(masked);
    const logits = outputs.output!.data as Float32Array;
    let [right, counted] = [0, 0];
    for (const [i, label] of (masked.targets.next!.data as BigInt64Array).entries()) {
      if (label === -1n) continue;
      const own = logits.subarray(8 * i, 8 * i + 8);
      counted++;
      if (own.indexOf(Math.max(...own)) === Number(label)) right++;
    }
    expect(metrics!.accuracy).toBeCloseTo(right / counted, 6);
    expect(metrics!.accuracy).toBeGreaterThan(0.5);
    expect(seen.at(-1)!).toBeGreaterThan(seen[0]!);
  });

  it('is the share of logits on the right side of 0 for two classes', async () => {
    const one = network({ inputs: { x: { dtype: 'float32', shape: [1] } }, layers: [dense(1)] });
    const data: TrainingData = {
      inputs: { x: floats([4, 1], (i) => i - 1.5) },
      targets: { y: floats([4, 1], (i) => (i === 1 ? 0 : 1)) },
    };
    await using trained = await backend.compile(one, {
      loss: { kind: 'binary-cross-entropy' },
      optimiser: { kind: 'sgd', learningRate: 0 },
      metrics: ['accuracy'],
    });
    const { state, ...rest } = await trained.snapshot();
    const weight = floats([1, 1], () => 1);
    await trained.restore({
      ...rest,
      state: { ...state, 'output/weight': weight, 'output/bias': floats([1], () => 0) },
    });
    expect((await trained.evaluate(data)).metrics).toEqual({ accuracy: 0.75 });
  });
});

describe('evaluate', () => {
  it('keeps no outputs where it is told to, and gives the same loss', async () => {
    await using trained = await backend.compile(spec, everything);
    const kept = await trained.evaluate(sequences);
    const { outputs, ...rest } = await trained.evaluate(sequences, { outputs: false });
    expect(outputs).toEqual({});
    expect(rest).toEqual({ loss: kept.loss, metrics: kept.metrics });
  });

  it('stops at a signal between calls', async () => {
    await using trained = await backend.compile(spec, everything);
    await expect(trained.evaluate(sequences, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'RUN_ABORTED',
    });
  });
});

describe('bad input', () => {
  const masks = network({
    inputs: { ids: { dtype: 'int64', shape: [4] }, mask: { dtype: 'int64', shape: [4] } },
    layers: [
      embedding({ entries: 5, width: 4, from: 'ids' }),
      attention(2, { from: ['embedding-1', 'mask'], name: 'seen' }),
      averageTokens({ from: ['seen', 'mask'] }),
      dense(2),
    ],
  });
  const labels = integers([2], (i) => i);
  const columns = network({
    inputs: { c: { dtype: 'int64', shape: [2, 1] } },
    layers: [reshape([2]), entityEmbeddings({ entries: [3, 2], name: 'cities' }), flatten(), dense(2)],
  });
  const numbers = (outputs: number) =>
    network({ inputs: { x: { dtype: 'float32', shape: [2] } }, layers: [dense(outputs)] });
  const x = floats([2, 2], (i) => i);
  const good = integers([2, 4], () => 1);

  it.each<[string, NetworkSpec, Loss, TrainingData, RegExp]>([
    [
      'a row that is masked in all places',
      masks,
      { kind: 'cross-entropy' },
      { inputs: { ids: good, mask: integers([2, 4], (i) => (i < 4 ? 1 : 0)) }, targets: { y: labels } },
      /"mask" of the layer "seen".*at least one 1.*zeros alone in row 1/,
    ],
    [
      'a mask of other numbers',
      masks,
      { kind: 'cross-entropy' },
      { inputs: { ids: good, mask: integers([2, 4], (i) => i) }, targets: { y: labels } },
      /"mask" of the layer "seen".*ones and zeros.*another number in row 0/,
    ],
    [
      'an id out of the vocabulary',
      masks,
      { kind: 'cross-entropy' },
      { inputs: { ids: integers([2, 4], (i) => i), mask: good }, targets: { y: labels } },
      /"ids" of the layer "embedding-1".*0 to 4.*row 1/,
    ],
    [
      'a category out of its column, behind a layer that reshapes',
      columns,
      { kind: 'cross-entropy' },
      { inputs: { c: integers([2, 2, 1], (i) => [0, 1, 2, 2][i]!) }, targets: { y: labels } },
      /"c" of the layer "cities".*0 to 1.*row 1, column 1/,
    ],
    [
      'counts below zero',
      numbers(1),
      { kind: 'poisson' },
      { inputs: { x }, targets: { y: floats([2, 1], (i) => -i) } },
      /target "y" of the loss poisson.*at least 0.*row 1/,
    ],
    [
      'probabilities above one',
      numbers(2),
      { kind: 'kullback-leibler' },
      { inputs: { x }, targets: { y: floats([2, 2], () => 1.5) } },
      /from 0 to 1.*row 0/,
    ],
    [
      'labels that are all ignored',
      numbers(2),
      { kind: 'cross-entropy', ignoreIndex: -100 },
      { inputs: { x }, targets: { y: integers([2], () => -100) } },
      /count at least once, got -100/,
    ],
    [
      'labels that are neither a class nor ignored',
      numbers(2),
      { kind: 'cross-entropy', ignoreIndex: -100 },
      { inputs: { x }, targets: { y: integers([2], (i) => 2 * i) } },
      /from 0 to 1 or -100/,
    ],
    [
      'no logits of the teacher',
      numbers(2),
      { kind: 'distillation', teacher: 'teacher', target: 'y' },
      { inputs: { x }, targets: { y: labels } },
      /the target "teacher", got y/,
    ],
    [
      'no rows',
      numbers(2),
      { kind: 'cross-entropy' },
      { inputs: { x: floats([0, 2], () => 0) }, targets: { y: integers([0], () => 0) } },
      /at least one row/,
    ],
  ])('%s is refused', async (_, net, loss, data, message) => {
    await using trained = await backend.compile(net, { loss, optimiser: { kind: 'sgd', learningRate: 0.1 } });
    const refused = expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) });
    await expect(trained.steps(data, [Int32Array.of(0, 1)])).rejects.toEqual(refused);
    await expect(trained.evaluate(data)).rejects.toEqual(refused);
    expect(trained.step).toBe(0);
  });

  it.each<[string, Partial<Training>, RegExp]>([
    ['a group that matches nothing', { groups: [{ match: 'conv*' }] }, /"conv\*" matches none of "output\/weight"/],
    ['a factor below zero', { groups: [{ match: '*', rateFactor: -1 }] }, /rateFactor.*got -1/],
    ['a decay that is no number', { groups: [{ match: '*', weightDecay: Number.NaN }] }, /weightDecay.*NaN/],
    ['a group without a pattern', { groups: [{} as never] }, /match of a parameter group.*undefined/],
    ['decay that Adam has none of', { groups: [{ match: '*', weightDecay: 0.1 }] }, /Adam has no weight decay/],
    ['everything frozen', { groups: [{ match: '*', isFrozen: true }] }, /not all frozen/],
    ['no parts', { accumulate: 0 }, /accumulate.*1 to 64, got 0/],
    ['an average that never changes', { averageDecay: 1 }, /averageDecay.*below 1, got 1/],
    ['a metric that is not known', { metrics: ['f1' as 'accuracy'] }, /metrics.*"f1"/],
    [
      'accuracy without classes',
      { loss: { kind: 'mean-squared-error' }, metrics: ['accuracy'] },
      /"accuracy" needs a loss on classes, got mean-squared-error/,
    ],
    ['a cycle without steps', { schedule: { kind: 'one-cycle', steps: 0 } }, /steps above 0/],
    ['a temperature of zero', { loss: { kind: 'distillation', teacher: 't', temperature: 0 } }, /temperature.*got 0/],
    [
      'a teacher that counts twice',
      { loss: { kind: 'distillation', teacher: 't', teacherWeight: 2 } },
      /teacherWeight/,
    ],
    ['a teacher without a name', { loss: { kind: 'distillation' } as never }, /name the target/],
    [
      'one output told apart from nothing',
      { loss: { kind: 'contrastive', outputs: ['output'] as never } },
      /two outputs/,
    ],
    ['an index that is no integer', { loss: { kind: 'cross-entropy', ignoreIndex: 0.5 } }, /ignoreIndex.*got 0.5/],
  ])('%s is refused', async (_, part, message) => {
    const training: Training = {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'adam', learningRate: 0.1 },
      ...part,
    };
    await expect(backend.compile(numbers(2), training)).rejects.toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it('a batch of one is refused by the contrastive loss', async () => {
    const two = network({
      inputs: { x: { dtype: 'float32', shape: [2] } },
      layers: [dense(3, { name: 'a' }), dense(3, { name: 'b', from: 'x' })],
      outputs: { a: 'a', b: 'b' },
    });
    await using trained = await backend.compile(two, {
      loss: { kind: 'contrastive', outputs: ['a', 'b'] },
      optimiser: { kind: 'sgd', learningRate: 0.1 },
    });
    await expect(trained.steps({ inputs: { x }, targets: {} }, [Int32Array.of(0)])).rejects.toThrow(/at least 2 rows/);
    expect(await trained.steps({ inputs: { x }, targets: {} }, [Int32Array.of(0, 1)])).toHaveLength(1);
  });
});
