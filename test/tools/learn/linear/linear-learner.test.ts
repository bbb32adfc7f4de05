import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../src/core/helpers/canonical-json.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import type { Features, Fit, Problem, TaskKind, TrainingRows } from '../../../../src/tools/learn/learner.ts';
import { learnEncoding } from '../../../../src/tools/learn/linear/encoding.ts';
import { linearLearner } from '../../../../src/tools/learn/linear/linear-learner.ts';
import { type Feed, runGraph, worstDifference } from '../../evaluate/run-graph.ts';

const context = { random: createRandom(0), threads: 1 };
const problems: Readonly<Record<TaskKind, Problem>> = {
  binary: { task: 'binary', classCount: 2 },
  multiclass: { task: 'multiclass', classCount: 4 },
  regression: { task: 'regression', classCount: 0 },
};

/** Numbers of wild sizes with missing values, a constant, an all-missing one, near copies; categories, some rare. */
function makeRows(task: TaskKind, rowCount: number, seed: string, scale = 1): TrainingRows {
  const random = createRandom(seed);
  const normals = Float64Array.from({ length: rowCount }, () => random.normal());
  const number = (name: string, value: (row: number) => number) => ({
    name,
    values: Float32Array.from({ length: rowCount }, (_, row) => value(row)),
  });
  const category = (name: string, size: number, skew: number) => ({
    name,
    size,
    codes: Int32Array.from({ length: rowCount }, () => {
      let code = random.next();
      for (let i = 0; i < skew; i++) code *= random.next();
      return Math.floor(code * size);
    }),
  });
  const features: Features = {
    rowCount,
    numbers: [
      number('plain', (row) => normals[row]!),
      number('far', () => 1e6 + random.normal()),
      number('tiny', () => 1e-12 * random.normal()),
      number('heavy', () => Math.exp(4 * random.normal())),
      number('missing', () => (random.next() < 0.2 ? Number.NaN : random.normal())),
      number('constant', () => 0.1),
      number('absent', () => Number.NaN),
      number('copy', (row) => normals[row]! * (1 + 1e-6)),
    ],
    categories: [category('small', 6, 0), category('skewed', 400, 3), category('never', 3, 0)],
  };
  features.categories[2]!.codes.fill(2);
  const target = Float64Array.from({ length: rowCount }, (_, row) => {
    const eta = normals[row]! + features.categories[0]!.codes[row]! - 2.5 + random.normal();
    if (task === 'regression') return scale * (eta + 3);
    return task === 'binary' ? (eta > 0 ? 1 : 0) : Math.max(0, Math.min(3, Math.floor(eta + 2)));
  });
  return { features, target };
}

async function graphOf(fit: Fit, features: Features) {
  const { rowCount, numbers, categories } = features;
  const matrix = new Float32Array(rowCount * numbers.length);
  numbers.forEach(({ values }, f) => {
    for (let row = 0; row < rowCount; row++) matrix[row * numbers.length + f] = values[row]!;
  });
  const codes = new BigInt64Array(rowCount * categories.length);
  categories.forEach((category, f) => {
    for (let row = 0; row < rowCount; row++) codes[row * categories.length + f] = BigInt(category.codes[row]!);
  });
  const feeds: Record<string, Feed> = {};
  if (numbers.length > 0) feeds.numbers = { type: 'float32', data: matrix, shape: [rowCount, numbers.length] };
  if (categories.length > 0) feeds.codes = { type: 'int64', data: codes, shape: [rowCount, categories.length] };
  return runGraph(feeds, (graph) =>
    fit.model.toGraph(graph, {
      ...(numbers.length > 0 && { numbers: 'numbers' }),
      ...(categories.length > 0 && { codes: 'codes' }),
      numberCount: numbers.length,
      categorySizes: categories.map(({ size }) => size),
    }),
  );
}

describe('linearLearner', () => {
  it.each([
    ['binary', { alpha: 1 }, 1],
    ['binary', { alpha: 1e-3, knots: 3, clip: true }, 1],
    ['multiclass', { alpha: 1, knots: 3 }, 1],
    ['multiclass', { alpha: 1e-3, clip: true }, 1],
    ['regression', { alpha: 1 }, 1],
    ['regression', { alpha: 1e-6, knots: 7, clip: true }, 1e9],
    ['regression', { alpha: 1 }, 1e-9],
  ] as const)(
    'gives the same in its graph as on typed arrays: %s %j, target × %s',
    async (task, configuration, scale) => {
      const fit = await linearLearner.fit(makeRows(task, 400, 'train', scale), configuration, problems[task], context);
      const { features } = makeRows(task, 3000, 'other');
      features.numbers[0]!.values.set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, Number.NaN]);
      const predicted = fit.model.predict(features);
      const { data, shape } = await graphOf(fit, features);
      expect(shape).toEqual([3000, fit.model.outputCount]);
      expect(worstDifference(data, predicted)).toBeLessThan(1e-6);
      expect(fit.notes.converged).toBe(true);
    },
  );

  it.each(['numbers', 'categories'] as const)('needs no other features than %s', async (kind) => {
    const rows = makeRows('binary', 300, 'train');
    const features: Features = { ...rows.features, numbers: [], categories: [], [kind]: rows.features[kind] };
    const fit = await linearLearner.fit({ ...rows, features }, { alpha: 1 }, problems.binary, context);
    expect(worstDifference((await graphOf(fit, features)).data, fit.model.predict(features))).toBeLessThan(1e-6);
  });

  it('finds what is there', async () => {
    const fit = await linearLearner.fit(makeRows('binary', 2000, 'train'), { alpha: 1 }, problems.binary, context);
    const { features, target } = makeRows('binary', 2000, 'other');
    const p = fit.model.predict(features);
    const right = target.reduce((sum, y, row) => sum + (p[row]! >= 0.5 === (y === 1) ? 1 : 0), 0);
    expect(right / 2000).toBeGreaterThan(0.8);
    const importance = fit.model.importance();
    expect(importance.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(importance[8]).toBe(Math.max(...importance));
  });

  it('bends with knots where the effect is bent', async () => {
    const random = createRandom(1);
    const values = Float32Array.from({ length: 500 }, () => random.normal());
    const rows: TrainingRows = {
      features: { rowCount: 500, numbers: [{ name: 'x', values }], categories: [] },
      target: Float64Array.from(values, (x) => x * x),
    };
    const error = async (knots: number) => {
      const { model } = await linearLearner.fit(rows, { alpha: 0.01, knots }, problems.regression, context);
      const predicted = model.predict(rows.features);
      return rows.target.reduce((sum, y, row) => sum + (y - predicted[row]!) * (y - predicted[row]!), 0) / 500;
    };
    expect(await error(7)).toBeLessThan((await error(0)) / 10);
  });

  it('takes a weight of 2 as two rows', async () => {
    const rows = makeRows('binary', 200, 'train');
    const numbers = [rows.features.numbers[0]!];
    const fitRows = (chosen: number[], weights?: Float64Array) => {
      const features = {
        rowCount: chosen.length,
        numbers: numbers.map(({ name, values }) => ({
          name,
          values: Float32Array.from(chosen, (row) => values[row]!),
        })),
        categories: [],
      };
      const target = Float64Array.from(chosen, (row) => rows.target[row]!);
      return linearLearner.fit(
        { features, target, ...(weights && { weights }) },
        { alpha: 0 },
        problems.binary,
        context,
      );
    };
    const all = Array.from({ length: 200 }, (_, row) => row);
    const twice = await fitRows([...all, ...all.slice(0, 100)]);
    const weighted = await fitRows(
      all,
      Float64Array.from(all, (row) => (row < 100 ? 2 : 1)),
    );
    const features = { rowCount: 200, numbers, categories: [] };
    expect(worstDifference(weighted.model.predict(features), twice.model.predict(features))).toBeLessThan(1e-6);
  });

  it('comes back from its state the same', async () => {
    const rows = makeRows('multiclass', 300, 'train');
    const { model } = await linearLearner.fit(rows, { alpha: 1, knots: 3, clip: true }, problems.multiclass, context);
    const state = model.toState();
    const revived = linearLearner.revive({ ...state, json: JSON.parse(canonicalJson(state.json)) });
    expect(revived.predict(rows.features)).toEqual(model.predict(rows.features));
    expect(revived.importance()).toEqual(model.importance());
  });

  it('folds rare values, and the least frequent beyond 200, into one column', () => {
    const counts = Array.from({ length: 300 }, (_, code) => (code < 250 ? 4 : 2));
    const codes = Int32Array.from(counts.flatMap((count, code) => new Array<number>(count).fill(code + 2)));
    const { categories } = learnEncoding(
      { rowCount: codes.length, numbers: [], categories: [{ name: 'c', codes, size: 302 }] },
      { knots: 0, clip: false },
    );
    const { columns, columnCount } = categories[0]!;
    expect(columnCount).toBe(201);
    expect([columns[0], columns[1], columns[2], columns[201], columns[202], columns[301]]).toEqual([
      -1, 200, 0, 199, 200, 200,
    ]);
  });

  it('has defaults within its space, and a cost that grows with the work', () => {
    const facts = { ...problems.binary, rowCount: 1000, numberCount: 5, categorySizes: [10], missingShare: 0.1 };
    const configuration = linearLearner.defaults(facts);
    expect(Object.keys(linearLearner.space(facts)).sort()).toEqual(Object.keys(configuration).sort());
    const cost = linearLearner.cost(configuration, facts);
    expect(linearLearner.cost(configuration, { ...facts, rowCount: 2000 })).toBeGreaterThan(1.9 * cost);
    expect(linearLearner.cost({ ...configuration, knots: 7 }, facts)).toBeGreaterThan(2 * cost);
  });

  it.each([{ alpha: -1 }, { alpha: Number.NaN }, { knots: 1.5 }, { alpha: 'x' }])('refuses %j', (configuration) => {
    expect(() => linearLearner.fit(makeRows('binary', 50, 'train'), configuration, problems.binary, context)).toThrow(
      'expected',
    );
  });
});
