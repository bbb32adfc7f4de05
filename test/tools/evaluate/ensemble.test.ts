import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { applyConformal, conformalToGraph, fitConformal } from '../../../src/tools/evaluate/conformal.ts';
import { applyBlend, blendToGraph, selectEnsemble } from '../../../src/tools/evaluate/ensemble.ts';
import { metricValue } from '../../../src/tools/evaluate/metrics.ts';
import { runGraph, worstDifference } from './run-graph.ts';

/** Members with independent errors of these deviations. */
function regressionMembers(rowCount: number, deviations: readonly number[], seed: string) {
  const random = createRandom(seed);
  const truth = Float64Array.from({ length: rowCount }, () => 5 * random.normal());
  return { truth, classCount: 0, members: deviations.map((d) => truth.map((y) => y + d * random.normal())), best: 0 };
}

describe('selectEnsemble', () => {
  it('blends members whose errors differ, and gains on new rows', () => {
    const { weights, gain, standardError, criterion } = selectEnsemble(regressionMembers(1000, [1, 1.1, 3], 'a'), {
      metric: 'rmse',
      seed: 0,
    });
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(weights[1]).toBeGreaterThan(0.3);
    expect(weights[2]).toBeLessThan(0.15);
    expect(gain).toBeGreaterThan(3 * standardError);
    expect(criterion).toBe('rmse');
    const { truth, members } = regressionMembers(1000, [1, 1.1, 3], 'b');
    const rmse = (values: Float64Array) => metricValue('rmse', truth, { classCount: 0, values });
    expect(rmse(applyBlend(weights, members))).toBeLessThan(0.8 * rmse(members[0]!));
  });

  it('keeps one member where the others add nothing', () => {
    const rows = regressionMembers(300, [1, 1], 'c');
    const copies = { ...rows, members: [rows.members[0]!, rows.members[0]!.map((value) => value + 1e-6)] };
    expect(selectEnsemble(copies, { metric: 'rmse', seed: 0 })).toMatchObject({ weights: [1, 0], gain: 0 });
  });

  it('takes no more members than it may', () => {
    const { weights } = selectEnsemble(regressionMembers(500, [1, 1, 1, 1, 1, 1], 'd'), {
      metric: 'mae',
      seed: 0,
      maxMembers: 3,
    });
    expect(weights.filter((weight) => weight > 0)).toHaveLength(3);
  });

  it.each(['rocAuc', 'balancedAccuracy', 'logLoss'] as const)('blends probabilities for %s', (metric) => {
    const random = createRandom('e');
    const truth = Float64Array.from({ length: 2000 }, () => random.integer(2));
    const member = () => truth.map((y) => 1 / (1 + Math.exp(-(y - 0.5 + 1.5 * random.normal()) * 0.5)));
    const { weights, criterion } = selectEnsemble(
      { truth, classCount: 2, members: [member(), member()], best: 0 },
      { metric, seed: 0 },
    );
    expect(Math.min(...weights)).toBeGreaterThan(0.2);
    expect(criterion).toBe(metric === 'rocAuc' ? 'rocAuc' : 'logLoss');
  });

  it('compares on a sample where there are many rows', () => {
    const random = createRandom('f');
    const truth = Float64Array.from({ length: 50_000 }, () => random.integer(3));
    const member = () =>
      Float64Array.from({ length: 150_000 }, (_, i) => (truth[Math.floor(i / 3)] === i % 3 ? 0.4 : 0.3));
    const { weights } = selectEnsemble(
      { truth, classCount: 3, members: [member(), member()], best: 1 },
      { metric: 'logLoss', seed: 0 },
    );
    expect(weights).toEqual([0, 1]);
  });
});

describe('blendToGraph', () => {
  it('gives what applyBlend gives', async () => {
    const random = createRandom(6);
    const members = [1, 2, 3].map(() => Float64Array.from({ length: 100 }, () => Math.fround(1e6 * random.normal())));
    const weights = [0.25, 0, 0.75];
    const feed = (m: number) => ({ type: 'float32', data: Float32Array.from(members[m]!), shape: [100, 1] }) as const;
    const { data } = await runGraph({ a: feed(0), b: feed(2) }, (graph) => blendToGraph(graph, weights, ['a', 'b']));
    expect(worstDifference(data, applyBlend(weights, members))).toBeLessThan(1e-6);
  });
});

describe('fitConformal', () => {
  it.each([
    ['normal errors', 50, (random: ReturnType<typeof createRandom>) => random.normal()],
    ['skewed errors', 1000, (random: ReturnType<typeof createRandom>) => -Math.log(1 - random.next())],
  ] as const)('covers nine in ten new rows on average: %s, %i rows', (_, rowCount, error) => {
    let covered = 0;
    for (let set = 0; set < 200; set++) {
      const random = createRandom(`conformal/${set}`);
      const truth = Float64Array.from({ length: rowCount }, () => error(random));
      const conformal = fitConformal(truth, new Float64Array(rowCount).fill(1))!;
      for (let i = 0; i < 50; i++) {
        const y = error(random);
        if (1 + conformal.low <= y && y <= 1 + conformal.high) covered++;
      }
    }
    expect(Math.abs(covered / 10_000 - 0.9)).toBeLessThan(0.015);
  });

  it('bounds the tails apart where errors are skewed', () => {
    const random = createRandom(1);
    const truth = Float64Array.from({ length: 1000 }, () => -Math.log(1 - random.next()));
    const { low, high } = fitConformal(truth, new Float64Array(1000).fill(1))!;
    expect(high).toBeGreaterThan(1.7);
    expect(low).toBeGreaterThan(-1.01);
  });

  it('says that too few rows can give no interval', () => {
    expect(fitConformal(new Float64Array(8), new Float64Array(8))).toBeUndefined();
    expect(
      fitConformal(
        Float64Array.from({ length: 9 }, (_, i) => i),
        new Float64Array(9),
      ),
    ).toEqual({ kind: 'residual', coverage: 0.9, low: -8, high: 8 });
  });

  it('is the same in the graph', async () => {
    const conformal = { kind: 'residual', coverage: 0.9, low: -1.5, high: 2.25 } as const;
    const values = Float64Array.of(0, 1, -1e6);
    const { data, shape } = await runGraph(
      { v: { type: 'float32', data: Float32Array.from(values), shape: [3, 1] } },
      (graph) => conformalToGraph(graph, conformal, 'v'),
    );
    expect(shape).toEqual([3, 2]);
    expect(worstDifference(data, applyConformal(conformal, values))).toBeLessThan(1e-6);
  });
});
