import { describe, expect, test } from 'vitest';
import type { Features } from '../../../../src/tools/learn/learner.ts';
import { categoryFeatures, fitSample, numericFeatures, sampleRows, stateBytes } from './sample-rows.ts';

const oneSplit = { iterations: 1, leaves: 2, learningRate: 1, minChildSamples: 1, minBinSamples: 1 };
const missing = Number.NaN;

function rmse(a: Float64Array, b: Float64Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) * (value - b[i]!), 0) / a.length);
}

/** Leaves are float32: predictions are equal to 1e-6. */
function expectClose(actual: Float64Array, expected: Float64Array): void {
  expect([...actual].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([...expected]);
}

describe('a single split', () => {
  test('is at the largest gain, half-way between neighbours, with the means as leaves', async () => {
    const features = numericFeatures({ noise: [1, 2, 1, 2, 1, 2], x: [1, 2, 3, 7, 8, 9] });
    const target = Float64Array.of(1, 2, 3, 11, 12, 13);
    const { model } = await fitSample('regression', { features, target }, oneSplit);
    expect([...model.forest.feature]).toEqual([1]);
    expect([...model.forest.threshold]).toEqual([5]);
    // Three residuals of −5 on each side of the mean 7: 2 · (15² / 3).
    expect(model.forest.gain[0]).toBeCloseTo(150, 12);
    expect([...model.predict(features)]).toEqual([2, 2, 2, 12, 12, 12]);
  });

  test('counts l2 in gain and leaves', async () => {
    const features = numericFeatures({ x: [0, 0, 0, 1, 1, 1] });
    const target = Float64Array.of(0, 0, 0, 6, 6, 6);
    const { model } = await fitSample('regression', { features, target }, { ...oneSplit, l2: 3 });
    // Residuals −3 and 3, three each: leaves ∓9 / (3 + 3), gain 2 · 81 / 6.
    expect([...model.predict(features)]).toEqual([1.5, 1.5, 1.5, 4.5, 4.5, 4.5]);
    expect(model.forest.gain[0]).toBeCloseTo(27, 12);
  });

  test('of classes has Newton steps as leaves', async () => {
    const features = numericFeatures({ x: [0, 0, 0, 0, 1, 1, 1, 1] });
    const target = Float64Array.of(0, 0, 0, 1, 0, 1, 1, 1);
    const { model } = await fitSample('binary', { features, target }, oneSplit);
    // Start at log-odds 0: G = 4 · 0.5 − 1 = 1, H = 4 · 0.25 on the left.
    expect([...model.forest.leafValue]).toEqual([-1, 1]);
    expect(model.predict(features)[0]).toBeCloseTo(1 / (1 + Math.E), 12);
  });

  test('is not made below the least samples, hessian or gain', async () => {
    const rows = { features: numericFeatures({ x: [0, 0, 1, 1, 1] }), target: Float64Array.of(1, 1, 0, 0, 0) };
    for (const [limit, trees] of [
      [{ minChildSamples: 2 }, 1],
      [{ minChildSamples: 3 }, 0],
      [{ minChildHessian: 2 }, 1],
      [{ minChildHessian: 2.1 }, 0],
      [{ minSplitGain: 1.19 }, 1],
      [{ minSplitGain: 1.21 }, 0],
    ] as const) {
      const { model } = await fitSample('regression', rows, { ...oneSplit, ...limit });
      expect([limit, model.forest.treeClass.length]).toEqual([limit, trees]);
    }
  });

  test.each([
    ['left', [10, 10, 0, 0, 10, 10], 1],
    ['right', [10, 10, 0, 0, 0, 0], 0],
  ] as const)('sends missing values to the side that lowers the loss: %s', async (_, values, isMissingLeft) => {
    const features = numericFeatures({ x: [1, 1, 2, 2, missing, missing] });
    const target = Float64Array.from(values);
    const { model } = await fitSample('regression', { features, target }, oneSplit);
    expect([...model.forest.isMissingLeft]).toEqual([isMissingLeft]);
    expectClose(model.predict(features), target);
  });

  test('can be between missing and all others', async () => {
    const features = numericFeatures({ x: [1, missing, 3, missing, 2, Number.POSITIVE_INFINITY] });
    const target = Float64Array.of(0, 9, 0, 9, 0, 0);
    const { model } = await fitSample('regression', { features, target }, oneSplit);
    expect([...model.forest.threshold]).toEqual([Number.POSITIVE_INFINITY]);
    expectClose(model.predict(features), target);
  });

  test('sends missing values to the heavier side where there were none to learn from', async () => {
    const rows = { features: numericFeatures({ x: [1, 2, 2, 2] }), target: Float64Array.of(8, 0, 0, 0) };
    const { model } = await fitSample('regression', rows, oneSplit);
    expect([...model.predict(numericFeatures({ x: [missing, 1] }))]).toEqual([0, 8]);
  });

  test('keeps neighbouring float32 values apart', async () => {
    const low = Math.fround(0.1);
    const high = Math.fround(low + 2 ** -27);
    expect(high).toBeGreaterThan(low);
    const features = numericFeatures({ x: [low, low, high, high] });
    const target = Float64Array.of(1, 1, 5, 5);
    const { model } = await fitSample('regression', { features, target }, oneSplit);
    expectClose(model.predict(features), target);
  });
});

describe('categories', () => {
  const free = { ...oneSplit, categorySmoothing: 0, categoryL2: 0, categoryGroup: 1 };

  test('are split into the best set, not by their codes', async () => {
    const codes = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((code) => [code, code, code]);
    const features = categoryFeatures(codes, 8);
    const target = Float64Array.from(codes, (code) => (code === 0 || code === 3 || code === 6 ? 4 : -2));
    const { model } = await fitSample('regression', { features, target }, free);
    expectClose(model.predict(features), target);
    expect([...model.forest.setCodes]).toEqual([0, 3, 6]);
  });

  test('are split one against the rest up to categoryOneHot of them', async () => {
    const codes = [0, 0, 2, 2, 3, 3];
    const features = categoryFeatures(codes, 4);
    const target = Float64Array.of(1, 1, 5, 5, 1, 1);
    const { model } = await fitSample('regression', { features, target }, { ...free, categoryOneHot: 4 });
    expect([...model.forest.setCodes]).toEqual([2]);
    expectClose(model.predict(features), target);
  });

  test('that were not seen go where the set does not', async () => {
    const rows = { features: categoryFeatures([2, 2, 2, 3, 3, 3], 9), target: Float64Array.of(1, 1, 1, 3, 3, 3) };
    const { model } = await fitSample('regression', rows, free);
    expect([...model.forest.setCodes]).toEqual([2]);
    expect([...model.predict(categoryFeatures([8, 0, 1, 2], 9))]).toEqual([3, 3, 3, 1]);
    const many = categoryFeatures(new Array(100).fill(8), 9);
    expect(model.scores(many)).toEqual(model.scores(many, 'javascript'));
  });

  test('pay categoryL2 in leaves of a sorted set, and need categoryGroup rows on either side', async () => {
    const codes = [2, 3, 4, 5, 6, 7].flatMap((code) => [code, code, code, code]);
    const features = categoryFeatures(codes, 8);
    const target = Float64Array.from(codes, (code) => (code < 5 ? 0 : 2));
    const { model } = await fitSample('regression', { features, target }, { ...free, categoryL2: 12 });
    // Residual sums ∓12 over 12 rows.
    expect([...model.forest.leafValue].sort()).toEqual([-0.5, 0.5]);
    const grouped = await fitSample('regression', { features, target }, { ...free, categoryGroup: 13 });
    expect(grouped.model.forest.treeClass.length).toBe(0);
  });

  test('beyond 255 share one bin', async () => {
    const codes = Array.from({ length: 3000 }, (_, i) => (i < 2000 ? i % 200 : 200 + (i % 400)));
    const features = categoryFeatures(codes, 600);
    const target = Float64Array.from(codes, (code) => (code % 3 === 0 ? 1 : 0));
    const { model } = await fitSample('regression', { features, target }, { ...free, iterations: 20, leaves: 8 });
    const frequent = codes.map((code, i) => (code < 200 ? i : -1)).filter((i) => i >= 0);
    const predicted = model.predict(features);
    for (const i of frequent.slice(0, 300)) expect(Math.abs(predicted[i]! - target[i]!)).toBeLessThan(0.2);
  });
});

describe('weights', () => {
  test.each(['binary', 'multiclass', 'regression'] as const)('are repetitions of rows: %s', async (task) => {
    const base = sampleRows(task, 400, 7);
    const { features } = base;
    // Few distinct values, so that repeating rows does not move the edges of bins.
    const numbers = features.numbers.map((n) => ({ ...n, values: n.values.map((v) => Math.round(v * 4)) }));
    const coarse: Features = { ...features, numbers };
    const times = Array.from({ length: 400 }, (_, i) => 1 + (i % 3));
    const index = times.flatMap((count, i) => new Array<number>(count).fill(i));
    const repeated: Features = {
      rowCount: index.length,
      numbers: numbers.map((n) => ({ ...n, values: Float32Array.from(index, (i) => n.values[i]!) })),
      categories: features.categories.map((c) => ({ ...c, codes: Int32Array.from(index, (i) => c.codes[i]!) })),
    };
    const configuration = { iterations: 10, leaves: 6, minChildSamples: 1, minChildHessian: 5, minBinSamples: 1 };
    const options = { ...configuration, categorySmoothing: 0, categoryGroup: 1 };
    const weights = Float64Array.from(times);
    const a = await fitSample(task, { features: coarse, target: base.target, weights }, options);
    const target = Float64Array.from(index, (i) => base.target[i]!);
    const b = await fitSample(task, { features: repeated, target }, options);
    const expected = b.model.predict(coarse);
    a.model.predict(coarse).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    expect(a.model.forest.feature).toEqual(b.model.forest.feature);
  });
});

describe('early stopping', () => {
  test('keeps the trees of the least validation loss', async () => {
    const rows = sampleRows('regression', 600, 8);
    const validation = sampleRows('regression', 300, 9);
    const options = { iterations: 400, learningRate: 0.3, earlyStopping: 10, minChildSamples: 5 };
    const { model, bestIteration, notes } = await fitSample('regression', rows, options, { validation });
    expect(bestIteration).toBeGreaterThan(5);
    expect(notes.iterations).toBe(bestIteration! + 10);
    expect(model.forest.treeClass.length).toBe(bestIteration);
    // The loss that was watched, on binned rows, is that of the model on raw ones.
    const error = rmse(model.predict(validation.features), validation.target);
    expect(error * error).toBeCloseTo(notes.validationLoss as number, 9);
    for (const iterations of [bestIteration! - 1, bestIteration! + 5]) {
      const other = await fitSample('regression', rows, { ...options, earlyStopping: 0, iterations });
      expect(rmse(other.model.predict(validation.features), validation.target)).toBeGreaterThan(error);
    }
  });

  test('is off without validation rows or without being asked for', async () => {
    const rows = sampleRows('binary', 300, 10);
    const off = await fitSample('binary', rows, { iterations: 20 }, { validation: sampleRows('binary', 50, 1) });
    const none = await fitSample('binary', rows, { iterations: 20, earlyStopping: 3 });
    expect(off.bestIteration).toBe(20);
    expect(stateBytes(none.model)).toEqual(stateBytes(off.model));
  });
});

test('quantiles have their share of targets below them', async () => {
  const rows = sampleRows('regression', 4000, 11);
  const fresh = sampleRows('regression', 4000, 12);
  for (const alpha of [0.1, 0.5, 0.9]) {
    const { model } = await fitSample('regression', rows, { objective: 'quantile', alpha, iterations: 60 });
    const predicted = model.predict(fresh.features);
    const below = fresh.target.filter((y, i) => y <= predicted[i]!).length / 4000;
    expect(Math.abs(below - alpha)).toBeLessThan(0.06);
  }
});

test('probabilities of classes sum to 1, and beat the shares of the classes', async () => {
  const { model } = await fitSample('multiclass', sampleRows('multiclass', 2000, 13), { iterations: 40 });
  const { features, target } = sampleRows('multiclass', 1000, 14);
  const p = model.predict(features);
  let right = 0;
  for (let row = 0; row < 1000; row++) {
    const of = [...p.subarray(3 * row, 3 * row + 3)];
    expect(of.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    if (of.indexOf(Math.max(...of)) === target[row]) right++;
  }
  expect(right).toBeGreaterThan(750);
});

test('a depth limit holds', async () => {
  const { model } = await fitSample('regression', sampleRows('regression', 2000, 15), { iterations: 5, maxDepth: 2 });
  for (let tree = 0; tree < 5; tree++) {
    expect(model.forest.leafStart[tree + 1]! - model.forest.leafStart[tree]!).toBeLessThanOrEqual(4);
  }
});

test('trees of more than 32 leaves are walked, and predict as well', async () => {
  const rows = sampleRows('regression', 3000, 16);
  const { model } = await fitSample('regression', rows, { iterations: 20, leaves: 100, minChildSamples: 5 });
  expect(Math.max(...model.forest.leafStart.map((s, i, all) => (i > 0 ? s - all[i - 1]! : 0)))).toBeGreaterThan(32);
  expect(rmse(model.predict(rows.features), rows.target)).toBeLessThan(4);
});

describe('what cannot be learned from', () => {
  test.each([
    ['a constant target', Float64Array.of(3, 3, 3, 3)],
    ['one class', Float64Array.of(1, 1, 1, 1)],
  ])('%s gives its constant without a tree', async (name, target) => {
    const task = name === 'one class' ? 'binary' : 'regression';
    const { model } = await fitSample(task, { features: numericFeatures({ x: [1, 2, 3, 4] }), target }, oneSplit);
    expect(model.forest.treeClass.length).toBe(0);
    expect(model.predict(numericFeatures({ x: [9] }))[0]).toBeCloseTo(target[0]!, 9);
    expect([...model.importance()]).toEqual([0]);
  });

  test('a column of missing values alone is never split', async () => {
    const features = numericFeatures({ x: [missing, missing, missing, missing], y: [1, 1, 2, 2] });
    const { model } = await fitSample('regression', { features, target: Float64Array.of(0, 0, 1, 1) }, oneSplit);
    expect([...model.importance()]).toEqual([0, 1]);
  });

  test('no rows at all is an error', async () => {
    const rows = { features: numericFeatures({ x: [] }), target: new Float64Array(0) };
    await expect(fitSample('regression', rows, {})).rejects.toMatchObject({ code: 'TRAIN_FAILED' });
  });
});

describe('an abort', () => {
  test('ends a fit between two trees, and the next fit works', async () => {
    const rows = sampleRows('binary', 3000, 17);
    for (const exactThreads of [1, 2]) {
      const controller = new AbortController();
      let rounds = 0;
      const progress = (): void => {
        rounds++;
        if (rounds === 3) controller.abort();
      };
      const fit = fitSample('binary', rows, {}, { signal: controller.signal, progress }, { exactThreads });
      await expect(fit).rejects.toMatchObject({ code: 'RUN_ABORTED' });
      expect(rounds).toBe(3);
      const next = await fitSample('binary', rows, { iterations: 2 }, {}, { exactThreads });
      expect(next.model.forest.treeClass.length).toBe(2);
    }
  });

  test('from a timer is heard during a long fit', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const rows = sampleRows('binary', 5000, 18);
    const fit = fitSample('binary', rows, { iterations: 100_000 }, { signal: controller.signal });
    await expect(fit).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  });
});
