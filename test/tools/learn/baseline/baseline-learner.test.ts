import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { baselineLearner } from '../../../../src/tools/learn/baseline/baseline-learner.ts';
import { runGraph } from '../../evaluate/run-graph.ts';

const context = { random: createRandom(0), threads: 1 };
const features = {
  rowCount: 4,
  numbers: [{ name: 'x', values: new Float32Array(4) }],
  categories: [{ name: 'c', codes: new Int32Array(4), size: 3 }],
};

describe('baselineLearner', () => {
  it.each([
    ['binary', 2, [0, 1, 1, 1], undefined, [0.75]],
    ['binary', 2, [0, 1, 1, 1], [3, 1, 1, 1], [0.5]],
    ['multiclass', 3, [0, 1, 1, 2], undefined, [0.25, 0.5, 0.25]],
    ['regression', 0, [1, 2, 3, 10], undefined, [4]],
  ] as const)('predicts shares or the mean: %s', async (task, classCount, target, weights, expected) => {
    const rows = {
      features,
      target: Float64Array.from(target),
      ...(weights && { weights: Float64Array.from(weights) }),
    };
    const { model } = await baselineLearner.fit(rows, {}, { task, classCount }, context);
    const all = [...expected, ...expected, ...expected, ...expected];
    expect([...model.predict(features)]).toEqual(all);
    expect([...baselineLearner.revive(model.toState()).predict(features)]).toEqual(all);
    expect([...model.importance()]).toEqual([0, 0]);
    const feeds = {
      numbers: { type: 'float32', data: new Float32Array(4), shape: [4, 1] },
      codes: { type: 'int64', data: new BigInt64Array(4), shape: [4, 1] },
    } as const;
    const inputs = { numberCount: 1, categorySizes: [3] };
    for (const name of ['numbers', 'codes'] as const) {
      const result = await runGraph({ [name]: feeds[name] }, (graph) =>
        model.toGraph(graph, { ...inputs, [name]: name }),
      );
      expect(result).toEqual({ data: all, shape: [4, expected.length] });
    }
  });

  it('refuses rows without weight', () => {
    const rows = { features, target: new Float64Array(4), weights: new Float64Array(4) };
    expect(() => baselineLearner.fit(rows, {}, { task: 'binary', classCount: 2 }, context)).toThrow('positive weight');
  });
});
