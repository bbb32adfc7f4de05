import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { denseDesign } from '../../../../src/tools/learn/linear/design.ts';
import { fitGlm } from '../../../../src/tools/learn/linear/fit-glm.ts';
import { createObjective, type Family } from '../../../../src/tools/learn/linear/objective.ts';

interface Case {
  readonly name: string;
  readonly family: Family;
  readonly columns: number;
  readonly x: number[];
  readonly target: number[];
  readonly alpha: number;
  readonly weights: number[] | null;
  readonly coefficients: number[];
  readonly intercepts: number[];
}

const { cases } = JSON.parse(readFileSync(new URL('../../../fixtures/linear/glm.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) * (a[i]! - b[i]!);
    norm += b[i]! * b[i]!;
  }
  return Math.sqrt(difference / norm);
};

const both = ['newton', 'lbfgs'] as const;

describe('fitGlm', () => {
  it.each(cases.flatMap((c) => both.map((solver) => ({ ...c, solver }))))(
    'agrees with scikit-learn: $name by $solver',
    (c) => {
      const design = denseDesign(Float64Array.from(c.x), c.target.length, c.columns);
      const fit = fitGlm(design, Float64Array.from(c.target), {
        family: c.family,
        classCount: c.family === 'multinomial' ? 3 : 2,
        alpha: c.alpha,
        weights: c.weights === null ? undefined : Float64Array.from(c.weights),
        tolerance: 1e-11,
        solver: c.solver,
      });
      const bound = c.solver === 'newton' ? 1e-8 : 1e-5;
      expect(distance(fit.coefficients, c.coefficients)).toBeLessThan(bound);
      expect(distance(fit.intercepts, c.intercepts)).toBeLessThan(bound);
      expect(fit.converged).toBe(true);
    },
  );

  it.each(['gaussian', 'logistic', 'multinomial'] as const)(
    'has the gradient and Hessian of finite differences: %s',
    (family) => {
      const random = createRandom(3);
      const rows = 20;
      const outputCount = family === 'multinomial' ? 3 : 1;
      // Two dense columns and a group of three indicators.
      const design = {
        ...denseDesign(
          Float64Array.from({ length: rows * 2 }, () => random.normal()),
          rows,
          2,
        ),
        groups: [Int32Array.from({ length: rows }, () => 1 + random.integer(4)).map((c) => (c === 1 ? -1 : c))],
        columnCount: 5,
      };
      const target = Float64Array.from({ length: rows }, () =>
        family === 'gaussian' ? random.normal() : random.integer(outputCount === 1 ? 2 : 3),
      );
      const weights = Float64Array.from({ length: rows }, () => 0.5 + random.next());
      const objective = createObjective(design, target, { family, outputCount, alpha: 0.7, weights });
      const at = Float64Array.from({ length: objective.parameterCount }, () => random.normal());
      const { gradient } = objective.evaluate(at);
      const hessian = objective.hessian();
      const step = 1e-5;
      for (let i = 0; i < at.length; i++) {
        const moved = (by: number) => objective.evaluate(at.map((value, j) => (i === j ? value + by : value)));
        const [up, down] = [moved(step), moved(-step)];
        expect(gradient[i]).toBeCloseTo((up.value - down.value) / (2 * step), 7);
        if (family === 'multinomial') continue;
        for (let j = 0; j < at.length; j++) {
          expect(hessian[i * at.length + j]).toBeCloseTo((up.gradient[j]! - down.gradient[j]!) / (2 * step), 7);
        }
      }
    },
  );

  it.each([
    ['separable classes', (i: number) => [i < 10 ? -1 - i : i, 0]],
    ['a constant column', (i: number) => [Math.sin(i), 5]],
    ['equal columns', (i: number) => [Math.sin(i), Math.sin(i)]],
    ['columns of very different size', (i: number) => [1e9 * Math.sin(i), 1e-9 * Math.cos(3 * i)]],
  ] as const)('stays finite and converges with %s, with and without a penalty', (_, row) => {
    const x = Float64Array.from({ length: 40 }, (_, i) => row(i >> 1)[i % 2]!);
    const target = Float64Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1));
    for (const alpha of [0, 1e-6, 1]) {
      const fit = fitGlm(denseDesign(x, 20, 2), target, { family: 'logistic', alpha, solver: 'newton' });
      expect([...fit.coefficients, ...fit.intercepts].every(Number.isFinite), `alpha ${alpha}`).toBe(true);
      if (alpha === 1) expect(fit.converged).toBe(true);
    }
  });
});
