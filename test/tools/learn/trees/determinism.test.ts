import { describe, expect, test } from 'vitest';
import { fitSample, sampleRows, stateBytes } from './sample-rows.ts';

const cases = [
  ['binary', {}],
  ['multiclass', {}],
  ['regression', {}],
  ['regression', { objective: 'quantile', alpha: 0.8 }],
] as const;

describe.each(cases)('%s %j', (task, extra) => {
  const rows = sampleRows(task, 3700, 1);
  const weighted = { ...rows, weights: rows.target.map((_, i) => 0.5 + (i % 7)) };
  const validation = sampleRows(task, 501, 2);
  const configuration = { iterations: 12, earlyStopping: 5, rowShare: 0.85, columnShare: 0.7, ...extra };

  test('1, 2 and 3 threads give the same model, bit by bit', async () => {
    const models = [];
    for (const exactThreads of [1, 2, 3]) {
      const { model } = await fitSample(task, weighted, configuration, { validation }, { exactThreads });
      models.push(stateBytes(model));
    }
    expect(models[1]).toEqual(models[0]);
    expect(models[2]).toEqual(models[0]);
  });

  test('the JavaScript kernels give the same model as WebAssembly, bit by bit', async () => {
    for (const options of [configuration, { ...extra, iterations: 5 }]) {
      const wasm = await fitSample(task, weighted, options, { validation });
      const javascript = await fitSample(task, weighted, options, { validation }, { kernels: 'javascript' });
      expect(stateBytes(javascript.model)).toEqual(stateBytes(wasm.model));
    }
  });

  test('QuickScorer gives the scores of the walk from node to node, bit by bit', async () => {
    const { model } = await fitSample(task, rows, { iterations: 30, minChildSamples: 3, categoryGroup: 5, ...extra });
    const unseen = sampleRows(task, 999, 3).features;
    expect(model.scores(unseen)).toEqual(model.scores(unseen, 'javascript'));
    expect(model.forest.set.some((set) => set >= 0)).toBe(true);
    expect(model.forest.isMissingLeft.includes(0)).toBe(true);
  });
});

test('threads share the partition of large leaves without changing the model', async () => {
  const rows = sampleRows('binary', 20_000, 4);
  const one = await fitSample('binary', rows, { iterations: 4 }, {}, { exactThreads: 1 });
  const two = await fitSample('binary', rows, { iterations: 4 }, {}, { exactThreads: 2 });
  expect(stateBytes(two.model)).toEqual(stateBytes(one.model));
});

test('leaves that lost their histograms for want of memory are counted again, with the same splits', async () => {
  const rows = sampleRows('regression', 4000, 19);
  const all = await fitSample('regression', rows, { iterations: 5 });
  for (const exactThreads of [1, 2]) {
    const few = await fitSample('regression', rows, { iterations: 5 }, {}, { mostSlots: 3, exactThreads });
    expect(few.model.forest.feature).toEqual(all.model.forest.feature);
    expect(few.model.forest.threshold).toEqual(all.model.forest.threshold);
  }
});

test('fits that overlap in time do not disturb each other', async () => {
  const rows = sampleRows('regression', 4000, 5);
  const alone = await fitSample('regression', rows, { iterations: 30 });
  const together = await Promise.all([1, 2, 3].map(() => fitSample('regression', rows, { iterations: 30 })));
  for (const { model } of together) expect(stateBytes(model)).toEqual(stateBytes(alone.model));
});

test('another seed draws other rows', async () => {
  const rows = sampleRows('binary', 500, 6);
  const { createRandom } = await import('../../../../src/core/helpers/random.ts');
  const a = await fitSample('binary', rows, { iterations: 3, rowShare: 0.5 }, { random: createRandom(1) });
  const b = await fitSample('binary', rows, { iterations: 3, rowShare: 0.5 }, { random: createRandom(2) });
  expect(stateBytes(a.model)).not.toEqual(stateBytes(b.model));
});
