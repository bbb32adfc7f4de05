import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import type { Explanation } from '../../../src/index.ts';
import { buildArtefact } from '../../../src/tools/artefact/build-artefact.ts';
import { loadModel } from '../../../src/tools/artefact/model.ts';
import { applyPreparation } from '../../../src/tools/data/prepare/apply-preparation.ts';
import { missingCategory } from '../../../src/tools/data/prepare/missing-category.ts';
import { makeNotes } from '../../../src/tools/explain/make-notes.ts';
import { baselineLearner } from '../../../src/tools/learn/baseline/baseline-learner.ts';
import type { FittedModel, TaskKind } from '../../../src/tools/learn/learner.ts';
import { linearLearner } from '../../../src/tools/learn/linear/linear-learner.ts';
import { createLinearModel } from '../../../src/tools/learn/linear/linear-model.ts';
import { treesLearner } from '../../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel, sampleTable } from '../artefact/sample-model.ts';

const backend = onnxBackend();
const { linear } = JSON.parse(readFileSync(new URL('../../fixtures/shap/shap.json', import.meta.url), 'utf8')) as {
  linear: { task: TaskKind; coefficients: number[]; intercept: number; data: number[][]; values: number[][] }[];
};

async function explained(task: TaskKind, learners: Parameters<typeof buildSampleModel>[1]) {
  const sample = await buildSampleModel(task, learners);
  const features = sample.prepare(sampleTable(600, 'training'));
  const explanation = makeNotes(sample.parts.members, features, sample.preparation)!;
  return {
    sample,
    model: loadModel(buildArtefact({ ...sample.parts, explanation }).bytes, backend, { where: 'inline' }),
  };
}

const records = [
  { tenure: 3, since: '2020-05-01', plan: 'basic', active: 'yes', usage: 120, region: 'N' },
  { tenure: null, since: null, plan: 'unheard of', active: null, usage: -900, region: '__proto__' },
  { usage: 0 },
];

describe('explanations of a model', () => {
  test.each(linear)('of linear models are those of the shap package within 1e-4: $task', async (given) => {
    const { task, data } = given;
    const columns = data[0]!.map((_, f) => `x${f}`);
    const table = {
      rowCount: data.length,
      columns: columns.map((name, f) => ({
        name,
        kind: 'number' as const,
        values: Float64Array.from(data, (row) => row[f]!),
      })),
    };
    const preparation = {
      formatVersion: 1,
      columns: columns.map((column) => ({ column, kind: 'number' as const })),
    } as const;
    const limits = { low: -3.4e38, high: 3.4e38, missing: false, knots: [] };
    const encoding = { numbers: columns.map(() => ({ fill: 0, mean: 4, scale: 2, ...limits })), categories: [] };
    // The same model on standardised columns.
    const model: FittedModel = createLinearModel({
      task,
      encoding,
      coefficients: Float64Array.from(given.coefficients, (value) => value * 2),
      intercepts: Float64Array.of(given.coefficients.reduce((sum, value) => sum + 4 * value, given.intercept)),
      deviations: new Float64Array(5).fill(1),
    });
    const members = [{ model, weight: 1 }];
    const explanation = makeNotes(members, applyPreparation(table, preparation), preparation)!;
    const file = buildArtefact({
      signature: {
        formatVersion: 1,
        task,
        target: 'y',
        inputs: columns.map((name, index) => ({
          name,
          kind: 'number',
          tensor: 'numbers',
          index,
          integers: true,
          range: [0, 11],
        })),
        missingCategory,
        output:
          task === 'binary'
            ? { kind: 'classification', classes: ['no', 'yes'], positive: 'yes' }
            : { kind: 'regression' },
      },
      preparation,
      members,
      explanation,
      card: {},
    });
    await using loaded = loadModel(file.bytes, backend, { where: 'inline' });
    const rows = data.slice(0, 40).map((row) => Object.fromEntries(row.map((value, f) => [columns[f]!, value])));
    const explanations = await loaded.explain(rows);
    explanations.forEach(({ contributions }, r) => {
      for (const { column, value } of contributions)
        expect(Math.abs(value - given.values[r]![columns.indexOf(column)]!)).toBeLessThan(1e-4);
    });
  });

  test.each<[TaskKind, string]>([
    ['binary', 'trees'],
    ['regression', 'trees'],
    ['multiclass', 'trees'],
    ['binary', 'linear'],
    ['regression', 'linear'],
    ['multiclass', 'linear'],
  ])('add up to the score that the model gives: %s, %s', async (task, name) => {
    const learner = name === 'trees' ? treesLearner : linearLearner;
    const { model } = await explained(task, [
      { learner, weight: 1, configuration: name === 'trees' ? { iterations: 20 } : { knots: 3 } },
    ]);
    await using _ = model;
    const predictions = await model.predict(records);
    const explanations: readonly Explanation[] = await model.explain(records);
    for (const [r, { base, contributions, prediction, class: about }] of explanations.entries()) {
      const score = contributions.reduce((sum, { value }) => sum + value, base);
      expect(prediction).toEqual(predictions[r]!.prediction);
      expect(contributions.map(({ column }) => column).sort()).toEqual(
        ['active', 'plan', 'region', 'since', 'tenure', 'usage'].sort(),
      );
      if (task === 'regression') expect(Math.abs(score - Number(prediction))).toBeLessThan(1e-3);
      else if (task === 'binary')
        expect(Math.abs(1 / (1 + Math.exp(-score)) - predictions[r]!.probabilities![about!]!)).toBeLessThan(1e-5);
      else expect(about).toBe(prediction);
    }
  });

  test('of a blend are the weighted sum of its members’', async () => {
    const learners = [
      { learner: treesLearner, weight: 0.5, configuration: { iterations: 10 } },
      { learner: linearLearner, weight: 0.25 },
      { learner: baselineLearner, weight: 0.25 },
    ];
    const parts = await Promise.all([
      explained('regression', learners),
      explained('regression', [{ ...learners[0]!, weight: 1 }]),
      explained('regression', [{ ...learners[1]!, weight: 1 }]),
    ]);
    const [blend, trees, line] = await Promise.all(parts.map(({ model }) => model.explain(records)));
    for (const [r, { contributions, base, prediction }] of blend!.entries()) {
      const of = (column: string, list: typeof blend) =>
        list![r]!.contributions.find((entry) => entry.column === column)!.value;
      for (const { column, value } of contributions)
        expect(value).toBeCloseTo(0.5 * of(column, trees) + 0.25 * of(column, line), 8);
      const sum = contributions.reduce((total, { value }) => total + value, base);
      expect(Math.abs(sum - Number(prediction))).toBeLessThan(1e-3);
    }
    await Promise.all(parts.map(({ model }) => model[Symbol.asyncDispose]()));
  });

  test('are refused by name for a file without notes, and a file whose notes do not fit is one of those', async () => {
    const { artefact, parts } = await buildSampleModel('binary', [
      { learner: treesLearner, weight: 1, configuration: { iterations: 5 } },
    ]);
    const none = loadModel(artefact.bytes, backend);
    expect(none.canExplain).toBe(false);
    await expect(none.explain(records)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    const odd = buildArtefact({
      ...parts,
      explanation: {
        formatVersion: 1,
        rows: 5,
        members: [{ kind: 'trees', weight: 1, expected: [0], inputs: [0], covers: 'AQE=' }],
      },
    });
    expect(loadModel(odd.bytes, backend).canExplain).toBe(false);
  });
});
