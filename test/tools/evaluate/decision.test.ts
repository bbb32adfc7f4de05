import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import type { MetricId } from '../../../src/core/task-spec.ts';
import { chooseDecision } from '../../../src/tools/evaluate/choose-decision.ts';
import {
  applyDecision,
  type DecisionRule,
  decisionToGraph,
  plainDecision,
} from '../../../src/tools/evaluate/decision.ts';
import { metricValue } from '../../../src/tools/evaluate/metrics.ts';
import { runGraph } from './run-graph.ts';

/** Calibrated probabilities of a rare class. */
function rare(rowCount: number, seed: string) {
  const random = createRandom(seed);
  const probabilities = Float64Array.from({ length: rowCount }, () => 1 / (1 + Math.exp(2.5 - 1.5 * random.normal())));
  return { truth: probabilities.map((p) => (random.next() < p ? 1 : 0)), probabilities, classCount: 2 };
}

/** Calibrated probabilities of classes of which the third is rare. */
function rareOfThree(rowCount: number, seed: string) {
  const random = createRandom(seed);
  const probabilities = new Float64Array(rowCount * 3);
  const truth = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const e = [1, 1, -1.5].map((offset) => Math.exp(offset + random.normal()));
    const sum = e.reduce((a, b) => a + b, 0);
    const u = random.next() * sum;
    truth[row] = u < e[0]! ? 0 : u < e[0]! + e[1]! ? 1 : 2;
    probabilities.set(
      e.map((value) => value / sum),
      row * 3,
    );
  }
  return { truth, probabilities, classCount: 3 };
}

const score = (metric: MetricId, rows: ReturnType<typeof rare>, rule: DecisionRule) =>
  metricValue(metric, rows.truth, { classCount: rows.classCount, labels: applyDecision(rule, rows.probabilities) });

describe('chooseDecision', () => {
  it.each(['balancedAccuracy', 'f1', 'f1Macro', 'mcc', 'rocAuc'] as const)(
    'beats 0.5 on new rows where a class is rare: %s',
    (metric) => {
      const rule = chooseDecision(rare(2000, 'a'), { metric, seed: 0 });
      const judged = metric === 'rocAuc' ? 'balancedAccuracy' : metric;
      const fresh = rare(20_000, 'b');
      expect(score(judged, fresh, rule)).toBeGreaterThan(score(judged, fresh, plainDecision(2)) + 0.02);
    },
  );

  it('is near the optimum of balanced accuracy, the prevalence', () => {
    const rows = rare(5000, 'c');
    const prevalence = rows.truth.reduce((a, b) => a + b, 0) / 5000;
    const rule = chooseDecision(rows, { metric: 'balancedAccuracy', seed: 0 });
    expect((rule as { threshold: number }).threshold).toBeCloseTo(prevalence, 1);
  });

  it.each([
    ['accuracy, which 0.5 is best for', { metric: 'accuracy' }, rare(1000, 'd')],
    ['log loss', { metric: 'logLoss' }, rare(1000, 'd')],
    [
      'separable rows',
      { metric: 'balancedAccuracy' },
      { truth: Float64Array.of(0, 0, 1, 1), probabilities: Float64Array.of(0.1, 0.2, 0.8, 0.9), classCount: 2 },
    ],
    [
      'constant probabilities',
      { metric: 'f1' },
      { truth: Float64Array.of(0, 1, 1), probabilities: new Float64Array(3).fill(0.3), classCount: 2 },
    ],
  ] as const)('keeps 0.5 for %s', (_, goal, rows) => {
    expect(chooseDecision(rows, { ...goal, seed: 0 })).toEqual({ kind: 'threshold', threshold: 0.5 });
  });

  it.each([
    ['recall', 0.9, 'specificity'],
    ['precision', 0.6, 'recall'],
    ['specificity', 0.95, 'recall'],
  ] as const)('meets a wish on new rows and no more than that: %s of at least %s', (metric, atLeast, counterpart) => {
    const rule = chooseDecision(rare(5000, 'e'), { metric, atLeast, seed: 0 });
    const fresh = rare(50_000, 'f');
    expect(score(metric, fresh, rule)).toBeGreaterThan(atLeast - 0.03);
    expect(score(metric, fresh, rule)).toBeLessThan(atLeast + 0.1);
    expect(score(counterpart, fresh, rule)).toBeGreaterThan(0.05);
  });

  it('does not run to an end for recall or precision without a wish', () => {
    for (const metric of ['recall', 'precision'] as const) {
      const rows = rare(2000, 'g');
      const share =
        applyDecision(chooseDecision(rows, { metric, seed: 0 }), rows.probabilities).reduce((a, b) => a + b, 0) / 2000;
      expect(share).toBeGreaterThan(0.01);
      expect(share).toBeLessThan(0.8);
    }
  });

  it('raises balanced accuracy of many classes on new rows, and leaves accuracy alone', () => {
    const rule = chooseDecision(rareOfThree(2000, 'h'), { metric: 'balancedAccuracy', seed: 0 });
    const fresh = rareOfThree(20_000, 'i');
    expect(score('balancedAccuracy', fresh, rule)).toBeGreaterThan(
      score('balancedAccuracy', fresh, plainDecision(3)) + 0.05,
    );
    expect(chooseDecision(rareOfThree(2000, 'h'), { metric: 'logLoss', seed: 0 })).toEqual(plainDecision(3));
  });

  it('gives the same rule for the same seed', () => {
    const choose = () => chooseDecision(rare(500, 'j'), { metric: 'f1', seed: 3 });
    expect(choose()).toEqual(choose());
  });
});

describe('decisionToGraph', () => {
  it.each<[string, DecisionRule, number]>([
    ['a threshold', { kind: 'threshold', threshold: Math.fround(0.3) }, 1],
    ['multipliers', { kind: 'multipliers', multipliers: [1, 2, 0.5].map(Math.fround) }, 3],
    ['the most probable class', plainDecision(3), 3],
  ])('gives the labels of applyDecision: %s', async (_, rule, width) => {
    const random = createRandom(4);
    const p = Float64Array.from({ length: 300 * width }, () => Math.fround(Math.round(random.next() * 10) / 10));
    const { data, shape } = await runGraph(
      { p: { type: 'float32', data: Float32Array.from(p), shape: [300, width] } },
      (graph) => decisionToGraph(graph, rule, 'p'),
      'int64',
    );
    expect(shape).toEqual([300]);
    expect(data).toEqual([...applyDecision(rule, p)]);
  });
});
