import { describe, expect, it } from 'vitest';
import type { Retreat, TrainableNetwork, TrainingData } from '../../../../src/backends/backend.ts';
import { relu } from '../../../../src/backends/network/layers/activation.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { network } from '../../../../src/backends/network/network.ts';
import { mostRetreats, type Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';

const backend = onnxBackend();
const rows = 64;
const random = createRandom('bad');
const x = Float32Array.from({ length: rows * 4 }, () => random.normal());

/** A regression; `wild` makes the last row's target so great that its square is infinite. */
function makeData(wild = false): TrainingData {
  const y = Float32Array.from({ length: rows }, (_, i) => x[4 * i]! - x[4 * i + 1]!);
  if (wild) y[rows - 1] = 3e38;
  return {
    inputs: { x: { dtype: 'float32', shape: [rows, 4], data: x } },
    targets: { y: { dtype: 'float32', shape: [rows, 1], data: y } },
  };
}

const spec = network({
  inputs: { x: { dtype: 'float32', shape: [4] } },
  layers: [dense(16, { name: 'hidden' }), relu(), dense(1, { name: 'value' })],
});
const training: Training = {
  loss: { kind: 'mean-squared-error' },
  optimiser: { kind: 'sgd', learningRate: 0.05 },
  seed: 1,
  threads: 1,
};
const batches = (count: number, size = 16) =>
  Array.from({ length: count }, (_, step) => Int32Array.from({ length: size }, (_, i) => (step * size + i) % rows));

describe('a divergence', () => {
  const steep: Training = { ...training, optimiser: { kind: 'sgd', learningRate: 40 } };

  it('is an error with the step and the layer, unless the training says otherwise', async () => {
    await using trained = await backend.compile(spec, steep);
    const failure = await trained.steps(makeData(), batches(200)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'TRAIN_DIVERGED', details: { step: trained.step } });
    expect(trained.step).toBeGreaterThan(0);
  });

  it('goes back to where the call began with half the learning rate, as often as is needed', async () => {
    await using trained = await backend.compile(spec, { ...training, onDivergence: 'retreat' });
    await trained.steps(makeData(), batches(1));
    trained.setLearningRate(10);
    const retreats: Retreat[] = [];
    const losses = await trained.steps(makeData(), batches(200), { onRetreat: (retreat) => retreats.push(retreat) });
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(trained.step).toBe(201);
    expect(retreats.length).toBeGreaterThan(0);
    for (const [i, retreat] of retreats.entries()) {
      expect(retreat).toMatchObject({ from: 1, learningRate: 10 / 2 ** (i + 1) });
      expect(retreat.step).toBeGreaterThan(1);
    }
    const { learningRate } = await trained.snapshot();
    expect(learningRate).toBe(retreats.at(-1)!.learningRate);
    // As if it had been trained at that rate from there.
    await using gentle = await backend.compile(spec, training);
    await gentle.steps(makeData(), batches(1));
    gentle.setLearningRate(learningRate);
    expect(await gentle.steps(makeData(), batches(200))).toEqual(losses);
  });

  it('that no learning rate can avoid is an error in the end', async () => {
    await using trained = await backend.compile(spec, { ...training, onDivergence: 'retreat' });
    let retreats = 0;
    const work = trained.steps(makeData(true), batches(8), { onRetreat: () => retreats++ });
    await expect(work).rejects.toMatchObject({ code: 'TRAIN_DIVERGED', details: { step: 3 } });
    expect(retreats).toBe(mostRetreats);
    expect(
      Object.values((await trained.snapshot()).state).every(({ data }) =>
        (data as Float32Array).every(Number.isFinite),
      ),
    ).toBe(true);
  });

  it('while evaluating is an error, and the network can be trained on', async () => {
    await using trained = await backend.compile(spec, training);
    await expect(trained.evaluate(makeData(true))).rejects.toMatchObject({ code: 'TRAIN_DIVERGED' });
    expect((await trained.steps(makeData(), batches(2))).every(Number.isFinite)).toBe(true);
  });

  it('is of two known kinds', async () => {
    const wrong = { ...training, onDivergence: 'ignore' as 'error' };
    await expect(backend.compile(spec, wrong)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('memory', () => {
  const wide = network({ inputs: spec.inputs, layers: [dense(1000), relu(), dense(1000), relu(), dense(1)] });

  it('is estimated before anything is made: parameters at once, steps when their batch is known', async () => {
    await expect(backend.compile(wide, { ...training, memoryLimitBytes: 5e6 })).rejects.toMatchObject({
      code: 'MEMORY_EXCEEDED',
      message: expect.stringMatching(/at most 5 MB, the limit that was set, but it needs about 13 MB/),
    });
    await using trained = await backend.compile(wide, { ...training, memoryLimitBytes: 40e6 });
    const great = Int32Array.from({ length: 20_000 }, (_, i) => i % rows);
    await expect(trained.steps(makeData(), [great])).rejects.toMatchObject({
      code: 'MEMORY_EXCEEDED',
      message: expect.stringMatching(/a step of 20000 rows .* Use smaller batches/),
    });
    expect(await trained.steps(makeData(), batches(1))).toHaveLength(1);
  });

  it('of what no machine has is refused without trying', async () => {
    const vast = network({ inputs: spec.inputs, layers: [dense(2_000_000), dense(2_000_000), dense(1)] });
    await expect(backend.compile(vast, training)).rejects.toMatchObject({
      code: 'MEMORY_EXCEEDED',
      message: expect.stringContaining('which is what is free'),
    });
  });

  it.each([0, -1, Number.NaN])('of %s bytes is no limit', async (memoryLimitBytes) => {
    await expect(backend.compile(spec, { ...training, memoryLimitBytes })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

describe('several at once', () => {
  it('two trainings give what each gives alone', async () => {
    const alone = async (seed: number) => {
      await using trained = await backend.compile(spec, { ...training, seed });
      return trained.steps(makeData(), batches(60));
    };
    const both = await Promise.all([alone(1), alone(2)]);
    expect(both).toEqual([await alone(1), await alone(2)]);
  });

  it('calls of one network are done in their order, also where one of them fails', async () => {
    await using trained = await backend.compile(spec, training);
    const calls = [
      trained.steps(makeData(), batches(3)),
      trained.steps(makeData(true), batches(8)),
      trained.steps(makeData(), batches(2)),
    ];
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    // Three steps, three more before the one that diverged, and two.
    expect(trained.step).toBe(8);
  });

  it('two calls at once of one network are two calls one after the other', async () => {
    await using together = await backend.compile(spec, training);
    await using apart = await backend.compile(spec, training);
    const both = await Promise.all([
      together.steps(makeData(), batches(60)),
      together.steps(makeData(), batches(40)),
      together.evaluate(makeData()),
    ]);
    expect(both).toEqual([
      await apart.steps(makeData(), batches(60)),
      await apart.steps(makeData(), batches(40)),
      await apart.evaluate(makeData()),
    ]);
  });

  it.each([0, 1, 3])('an abort after %i calls of onSteps keeps the steps that were made', async (after) => {
    await using trained = await backend.compile(spec, training);
    const controller = new AbortController();
    if (after === 0) controller.abort();
    let heard = 0;
    const work = trained.steps(makeData(), batches(100_000), {
      signal: controller.signal,
      onSteps: () => {
        heard++;
        if (heard === after) controller.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(heard).toBe(after);
    const { step } = await trained.snapshot();
    expect(step).toBe(trained.step);
    expect(await trained.steps(makeData(), batches(1))).toHaveLength(1);
  });

  it('a dispose in the middle of calls lets those end that were asked before, and can be asked twice', async () => {
    const trained: TrainableNetwork = await backend.compile(spec, training);
    const work = trained.steps(makeData(), batches(2000));
    const disposed = trained[Symbol.asyncDispose]();
    await expect(trained.steps(makeData(), batches(1))).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await work).toHaveLength(2000);
    await disposed;
    await trained[Symbol.asyncDispose]();
    await expect(trained.snapshot()).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('an exported model that was damaged', () => {
  it.each([
    ['cut', (bytes: Uint8Array) => bytes.slice(0, bytes.length / 2)],
    ['empty', () => new Uint8Array()],
    ['of other bytes', (bytes: Uint8Array) => bytes.map((byte, i) => (i < 40 ? 255 - byte : byte))],
  ] as const)('%s is refused before the runtime sees it', async (_, damage) => {
    await using trained = await backend.compile(spec, training);
    const model = await trained.toModel();
    await expect(backend.load(damage(model), { where: 'inline' })).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});
