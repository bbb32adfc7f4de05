import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitSample, numericFeatures } from './sample-rows.ts';

const cell = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constant(Number.NaN));
const table = fc.integer({ min: 4, max: 40 }).chain((n) =>
  fc.record({
    a: fc.array(cell, { minLength: n, maxLength: n }),
    b: fc.array(cell, { minLength: n, maxLength: n }),
    y: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n, maxLength: n }),
  }),
);

/** The largest gain of a split by squared error, tried one by one: every threshold, with missing values on either side. */
function bestGain(columns: readonly (readonly number[])[], y: readonly number[], minRows: number): number {
  const mean = y.reduce((a, b) => a + b) / y.length;
  const residuals = y.map((v) => v - mean);
  let best = 0;
  for (const column of columns) {
    for (let threshold = 0; threshold <= 6; threshold++) {
      for (const isMissingLeft of [false, true]) {
        const left = residuals.filter((_, i) => column[i]! <= threshold || (Number.isNaN(column[i]) && isMissingLeft));
        const right = residuals.length - left.length;
        if (left.length < minRows || right < minRows) continue;
        const sum = left.reduce((a, b) => a + b, 0);
        best = Math.max(best, (sum * sum) / left.length + (sum * sum) / right);
      }
    }
  }
  return best;
}

test('the first split has the largest gain of all', async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 5 }), async ({ a, b, y }, minChildSamples) => {
      const configuration = { iterations: 1, leaves: 2, minChildSamples, minBinSamples: 1 };
      const rows = { features: numericFeatures({ a, b }), target: Float64Array.from(y) };
      const { model } = await fitSample('regression', rows, configuration);
      expect(model.forest.gain[0] ?? 0).toBeCloseTo(bestGain([a, b], y, minChildSamples), 6);
    }),
    { numRuns: 200 },
  );
});

test('the training error falls with every tree, and the mean stays', async () => {
  await fc.assert(
    fc.asyncProperty(table, async ({ a, b, y }) => {
      const rows = { features: numericFeatures({ a, b }), target: Float64Array.from(y) };
      const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
      let before = Number.POSITIVE_INFINITY;
      for (const iterations of [0, 1, 2, 6, 15]) {
        const configuration = { iterations, leaves: 5, minChildSamples: 1, minBinSamples: 1, learningRate: 0.5 };
        const { model } = await fitSample('regression', rows, configuration);
        const predicted = model.predict(rows.features);
        const error = sum(predicted.map((p, i) => (p - y[i]!) * (p - y[i]!)));
        expect(error).toBeLessThan(before + 1e-4);
        expect(sum(predicted)).toBeCloseTo(sum(y), 3);
        before = error;
      }
    }),
    { numRuns: 60 },
  );
});
