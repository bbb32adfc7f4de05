import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import {
  applyCalibration,
  type Calibration,
  chooseCalibration,
  fitCalibration,
} from '../../../src/tools/evaluate/calibration.ts';
import { calibrationToGraph } from '../../../src/tools/evaluate/calibration-graph.ts';
import { metricValue } from '../../../src/tools/evaluate/metrics.ts';
import { runGraph, worstDifference } from './run-graph.ts';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Truth drawn from known logits; what the model says of them is bent by `bend`. */
function binaryRows(rowCount: number, seed: string, bend: (logit: number) => number) {
  const random = createRandom(seed);
  const logits = Float64Array.from({ length: rowCount }, () => 2 * random.normal());
  return {
    truth: logits.map((z) => (random.next() < sigmoid(z) ? 1 : 0)),
    probabilities: logits.map((z) => sigmoid(bend(z))),
    classCount: 2,
    folds: Int32Array.from({ length: rowCount }, (_, row) => row % 5),
  };
}

function multiclassRows(rowCount: number, seed: string, exponent: number) {
  const random = createRandom(seed);
  const probabilities = new Float64Array(rowCount * 3);
  const truth = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const logits = [0, 1, 2].map(() => 2 * random.normal());
    const softmax = (t: number) => {
      const e = logits.map((z) => Math.exp(t * z));
      const sum = e.reduce((a, b) => a + b, 0);
      return e.map((value) => value / sum);
    };
    const u = random.next();
    const p = softmax(1);
    truth[row] = u < p[0]! ? 0 : u < p[0]! + p[1]! ? 1 : 2;
    probabilities.set(softmax(exponent), row * 3);
  }
  return { truth, probabilities, classCount: 3, folds: Int32Array.from({ length: rowCount }, (_, row) => row % 5) };
}

describe('chooseCalibration', () => {
  it.each([
    ['leaves good probabilities alone', 'none', binaryRows(3000, 'a', (z) => z)],
    ['leaves few rows alone', 'none', binaryRows(40, 'b', (z) => 1.1 * z)],
    ['unbends overconfidence', 'sigmoid', binaryRows(3000, 'c', (z) => 1.7 * z + 1)],
    ['unbends what no sigmoid can', 'isotonic', binaryRows(3000, 'd', (z) => (z > 0 ? 0.3 * z : 4 * z))],
    ['leaves good probabilities of many classes alone', 'none', multiclassRows(1000, 'e', 1)],
    ['cools many classes', 'temperature', multiclassRows(1000, 'f', 3)],
  ] as const)('%s', (_, kind, rows) => {
    const { calibration, logLoss } = chooseCalibration(rows);
    expect(calibration.kind).toBe(kind);
    expect(logLoss.none).toBeCloseTo(metricValue('logLoss', rows.truth, rows), 12);
    const calibrated = applyCalibration(calibration, rows.probabilities, rows.classCount);
    expect(
      metricValue('logLoss', rows.truth, { classCount: rows.classCount, probabilities: calibrated }),
    ).toBeLessThanOrEqual(logLoss.none!);
  });

  it('finds the sigmoid and the temperature that undo the bend', () => {
    const sigmoidFit = fitCalibration(
      'sigmoid',
      binaryRows(20_000, 'g', (z) => 2 * z + 1),
    );
    expect(sigmoidFit).toMatchObject({
      kind: 'sigmoid',
      slope: expect.closeTo(0.5, 1),
      offset: expect.closeTo(-0.5, 1),
    });
    expect(fitCalibration('temperature', multiclassRows(5000, 'h', 2))).toMatchObject({
      exponent: expect.closeTo(0.5, 1),
    });
  });

  it.each(['sigmoid', 'isotonic'] as const)('stays within its bounds on separable rows: %s', (kind) => {
    const truth = Float64Array.from({ length: 100 }, (_, row) => (row < 50 ? 0 : 1));
    const probabilities = truth.map((y, row) => (y === 1 ? 0.9 + row / 1e4 : 0.1 - row / 1e4));
    const calibration = fitCalibration(kind, { truth, probabilities, classCount: 2 });
    for (const p of applyCalibration(calibration, Float64Array.of(0, 1e-9, 0.5, 1 - 1e-9, 1), 2)) {
      expect(p).toBeGreaterThanOrEqual(0);
      expect(p).toBeLessThanOrEqual(1);
    }
    const opposite = fitCalibration(kind, { truth: truth.map((y) => 1 - y), probabilities, classCount: 2 });
    expect(applyCalibration(opposite, probabilities, 2).every((p) => p > 0.05 && p < 0.95)).toBe(true);
  });
});

describe('calibrationToGraph', () => {
  const isotonic = fitCalibration(
    'isotonic',
    binaryRows(5000, 'i', (z) => z * z * z),
  );
  it.each<[string, Calibration, number]>([
    ['none', { kind: 'none' }, 2],
    ['a flat sigmoid', { kind: 'sigmoid', slope: 0.2, offset: 0.3 }, 2],
    ['a steep sigmoid', { kind: 'sigmoid', slope: 5, offset: -2 }, 2],
    ['isotonic', isotonic, 2],
    ['isotonic of one knot', { kind: 'isotonic', x: [0.5], y: [0.3] }, 2],
    ['a temperature', { kind: 'temperature', exponent: 0.2 }, 3],
    ['a low temperature', { kind: 'temperature', exponent: 5 }, 3],
  ])('is what applyCalibration is, off by no more than float32 makes it: %s', async (_, calibration, classCount) => {
    const random = createRandom(1);
    const width = classCount === 2 ? 1 : 3;
    const rows = 2000;
    // Double probabilities, some of them very near to 0 and 1, reach the graph rounded to float32, as a learner's do.
    const probabilities = Float64Array.from(
      { length: rows },
      (_, row) => [0, 1, 0.5][row] ?? sigmoid(8 * random.normal()),
    );
    const all =
      width === 1
        ? probabilities
        : Float64Array.from(
            { length: rows * 3 },
            (_, i) =>
              [1, 0.3, 0.7][i % 3]! * (i % 3 === 0 ? 1 - probabilities[(i / 3) | 0]! : probabilities[(i / 3) | 0]!),
          );
    const { data, shape } = await runGraph(
      { p: { type: 'float32', data: Float32Array.from(all), shape: [rows, width] } },
      (graph) => calibrationToGraph(graph, calibration, 'p'),
    );
    expect(shape).toEqual([rows, width]);
    expect(worstDifference(data, applyCalibration(calibration, all, classCount))).toBeLessThan(8e-6);
  });

  it('keeps the order of the rows, to the very ends', () => {
    const p = Float64Array.of(0, 1e-8, 1e-5, 5e-4, 0.01, 0.5, 0.99, 1 - 5e-4, 1 - 1e-5, 1 - 1e-8, 1);
    const calibrated = applyCalibration({ kind: 'sigmoid', slope: 0.3, offset: 1 }, p, 2);
    for (let i = 1; i < p.length; i++) expect(calibrated[i]!).toBeGreaterThan(calibrated[i - 1]!);
    expect([calibrated[0]! > 0, calibrated.at(-1)! < 1]).toEqual([true, true]);
  });

  it('has at most 100 knots, rising', () => {
    if (isotonic.kind !== 'isotonic') throw new Error('Expected isotonic.');
    expect(isotonic.x.length).toBeLessThanOrEqual(100);
    expect(isotonic.x.length).toBeGreaterThan(5);
    for (let i = 1; i < isotonic.x.length; i++) {
      expect(isotonic.x[i]!).toBeGreaterThan(isotonic.x[i - 1]!);
      expect(isotonic.y[i]!).toBeGreaterThan(isotonic.y[i - 1]!);
    }
  });
});
