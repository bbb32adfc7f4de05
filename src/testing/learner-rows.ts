import { createRandom } from '../core/helpers/random.ts';
import type { Features, Problem, TrainingRows } from '../tools/learn/learner.ts';

/** Which columns there are; of `few classes` the last class has no row, as in a fold of rare classes. */
export type RowsForm = (typeof rowsForms)[number];
export const rowsForms = ['mixed', 'numbers alone', 'categories alone', 'rows without the last class'] as const;

/**
 * Rows to test a learner on: a number that tells of the target, one with missing values, a constant, one that is never there; a
 * category that tells of the target, and a large one with codes that only some seeds have.
 */
export function learnerRows(problem: Problem, form: RowsForm, rowCount: number, seed: string): TrainingRows {
  const random = createRandom(`${seed}/${form}`);
  const plain = Float64Array.from({ length: rowCount }, () => random.normal());
  const kinds = Int32Array.from({ length: rowCount }, () => (random.next() < 0.1 ? 0 : 2 + random.integer(4)));
  const number = (name: string, value: (row: number) => number) => ({
    name,
    values: Float32Array.from({ length: rowCount }, (_, row) => value(row)),
  });
  const numbers = [
    number('plain', (row) => plain[row]!),
    number('missing', () => (random.next() < 0.2 ? Number.NaN : 50 + 10 * random.normal())),
    number('constant', () => 0.1),
    number('absent', () => Number.NaN),
  ];
  const first = seed === 'learn' ? 2 : 0;
  const categories = [
    { name: 'kind', size: 6, codes: kinds },
    { name: 'large', size: 40, codes: Int32Array.from({ length: rowCount }, () => first + random.integer(40 - first)) },
  ];
  const features: Features = {
    rowCount,
    numbers: form === 'categories alone' ? [] : numbers,
    categories: form === 'numbers alone' ? [] : categories,
  };
  const classes = form === 'rows without the last class' ? Math.max(1, problem.classCount - 1) : problem.classCount;
  const target = Float64Array.from({ length: rowCount }, (_, row) => {
    const number = form === 'categories alone' ? 0 : plain[row]!;
    const category = form === 'numbers alone' ? 0 : kinds[row]! / 2 - 1.4;
    const eta = number + category + 0.3 * random.normal();
    if (problem.task === 'regression') return 100 + 10 * eta;
    const k = problem.task === 'binary' ? Number(eta > 0) : eta < -0.6 ? 0 : eta < 0.6 ? 1 : 2;
    return Math.min(k, classes - 1);
  });
  return { features, target };
}
