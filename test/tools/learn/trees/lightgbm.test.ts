import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Features, TaskKind } from '../../../../src/tools/learn/learner.ts';
import { fitSample } from './sample-rows.ts';

interface Fixture {
  readonly numbers: readonly (readonly (number | null)[])[];
  readonly codes: readonly number[];
  readonly weights: readonly number[];
  readonly targets: Readonly<Record<TaskKind, readonly number[]>>;
  readonly cases: readonly {
    readonly name: string;
    readonly task: TaskKind;
    readonly hasCategory: boolean;
    readonly hasWeights: boolean;
    readonly parameters: Readonly<Record<string, number | string>>;
    readonly predicted: readonly number[];
  }[];
}

const path = new URL('../../../fixtures/trees/lightgbm.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;

/** Our names of LightGBM's parameters. */
const names: Readonly<Record<string, string>> = {
  num_leaves: 'leaves',
  min_data_in_leaf: 'minChildSamples',
  min_sum_hessian_in_leaf: 'minChildHessian',
  lambda_l2: 'l2',
  min_data_per_group: 'categoryGroup',
  cat_smooth: 'categorySmoothing',
  max_cat_to_onehot: 'categoryOneHot',
  max_depth: 'maxDepth',
};

test.each(fixture.cases)('predictions are those of LightGBM 4.7: $name', async (c) => {
  const features: Features = {
    rowCount: fixture.codes.length,
    numbers: fixture.numbers.map((values, f) => ({
      name: `n${f}`,
      values: Float32Array.from(values, (value) => value ?? Number.NaN),
    })),
    categories: c.hasCategory ? [{ name: 'c', codes: Int32Array.from(fixture.codes), size: 9 }] : [],
  };
  const rows = {
    features,
    target: Float64Array.from(fixture.targets[c.task]),
    ...(c.hasWeights && { weights: Float64Array.from(fixture.weights) }),
  };
  const configuration: Record<string, number> = { iterations: 10, learningRate: 0.2, minBinSamples: 1 };
  for (const [name, value] of Object.entries(c.parameters)) {
    if (names[name] !== undefined) configuration[names[name]] = value as number;
  }
  const { model } = await fitSample(c.task, rows, configuration);
  let worst = 0;
  model.predict(features).forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - c.predicted[i]!) / Math.max(1, Math.abs(value)));
  });
  expect(worst).toBeLessThan(1e-5);
});
