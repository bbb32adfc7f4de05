import { describe, expect, test } from 'vitest';
import type { Tensors } from '../../../../src/backends/backend.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createGraphBuilder } from '../../../../src/onnx/create-graph-builder.ts';
import type { Features } from '../../../../src/tools/learn/learner.ts';
import type { TreesModel } from '../../../../src/tools/learn/trees/trees-model.ts';
import { categoryFeatures, fitSample, numericFeatures, sampleRows } from './sample-rows.ts';

/** Runs a model's graph in ONNX Runtime on the same features. */
async function runGraph(model: TreesModel, features: Features): Promise<Float32Array> {
  const graph = createGraphBuilder();
  const { rowCount, numbers, categories } = features;
  const inputs: Record<string, Tensors[string]> = {};
  if (numbers.length > 0) {
    const data = new Float32Array(rowCount * numbers.length);
    numbers.forEach(({ values }, f) => {
      values.forEach((value, row) => {
        data[row * numbers.length + f] = value;
      });
    });
    inputs.numbers = { dtype: 'float32', shape: [rowCount, numbers.length], data };
    graph.input('numbers', 'float', ['N', numbers.length]);
  }
  if (categories.length > 0) {
    const data = new BigInt64Array(rowCount * categories.length);
    categories.forEach(({ codes }, f) => {
      codes.forEach((code, row) => {
        data[row * categories.length + f] = BigInt(code);
      });
    });
    inputs.codes = { dtype: 'int64', shape: [rowCount, categories.length], data };
    graph.input('codes', 'int64', ['N', categories.length]);
  }
  const value = model.toGraph(graph, {
    ...(numbers.length > 0 && { numbers: 'numbers' }),
    ...(categories.length > 0 && { codes: 'codes' }),
    numberCount: numbers.length,
    categorySizes: categories.map(({ size }) => size),
  });
  graph.output('prediction', value, 'float', ['N', model.outputCount]);
  await using predictor = await onnxBackend().load(graph.build({ name: 'trees' }), { where: 'inline' });
  const { prediction } = await predictor.predict(inputs);
  return prediction!.data as Float32Array;
}

async function expectEqual(model: TreesModel, features: Features): Promise<void> {
  const expected = model.predict(features);
  const actual = await runGraph(model, features);
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  expected.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value)));
  });
  expect(worst).toBeLessThan(2e-6);
}

describe.each([
  ['binary', {}],
  ['multiclass', {}],
  ['regression', {}],
  ['regression', { objective: 'quantile', alpha: 0.2 }],
] as const)('%s %j', (task, extra) => {
  test('the graph predicts what the model predicts, with missing, unseen and many categories', async () => {
    const options = { iterations: 60, minChildSamples: 3, categoryGroup: 3, categorySmoothing: 1, ...extra };
    const rows = sampleRows(task, 1500, 1, 120);
    // Every fifth code is never seen in training.
    rows.features.categories[0]!.codes.forEach((code, i, codes) => {
      if (code % 5 === 0) codes[i] = code + 1;
    });
    const { model } = await fitSample(task, rows, options);
    expect(model.forest.set.some((set) => set >= 0)).toBe(true);
    const fresh = sampleRows(task, 2000, 2, 120).features;
    await expectEqual(model, fresh);
  });
});

test('values on a threshold, infinities and missing take the same side', async () => {
  const x = [1, 2, 3, 4, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5, 2.5, 3.5];
  const features = numericFeatures({ x });
  const target = Float64Array.from(x, (_, i) => (i * 7) % 5);
  const options = { iterations: 20, minChildSamples: 1, minBinSamples: 1 };
  const { model } = await fitSample('regression', { features, target }, options);
  const thresholds = [...model.forest.threshold];
  await expectEqual(model, numericFeatures({ x: [...x, ...thresholds] }));
});

test('a large offset keeps small differences', async () => {
  const features = numericFeatures({ x: Array.from({ length: 200 }, (_, i) => i) });
  const target = Float64Array.from({ length: 200 }, (_, i) => (i < 100 ? 1e6 : 1e-3 * i));
  const { model } = await fitSample('regression', { features, target }, { iterations: 200, minChildSamples: 5 });
  await expectEqual(model, features);
});

test.each([
  ['categories alone', categoryFeatures([2, 2, 3, 3, 4, 4], 5), [0, 0, 1, 1, 1, 1], 1],
  ['no tree at all', numericFeatures({ x: [1, 2, 3, 4] }), [1, 1, 1, 1], 0],
] as const)('%s', async (_, features, target, trees) => {
  const options = { iterations: 1, minChildSamples: 1, minBinSamples: 1 };
  const { model } = await fitSample('binary', { features, target: Float64Array.from(target) }, options);
  expect(model.forest.treeClass.length).toBe(trees);
  await expectEqual(model, features);
});
