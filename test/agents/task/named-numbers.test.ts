import { describe, expect, it } from 'vitest';
import { namedNumbers } from '../../../src/agents/task/understand/named-numbers.ts';

describe('numbers that a request names', () => {
  it.each<[string, readonly number[]]>([
    ['Predict churn.', []],
    ['Reach 0.8, or 85 %, in q3', [0.8, 0.85]],
    ['at least eighty percent', [0.8]],
    ['at least ninety-five per cent right', [0.95]],
    ['95 per cent', [0.95]],
    ['99.9%', [0.999]],
    ['a score of 0,95', [0.95]],
    ['right in 1/2 of the cases', [0.5]],
    ['right in ½ of the cases', [0.5]],
    ['right in 9 out of 10', [0.9]],
    ['at least half of them', [0.5]],
    ['two thirds of the cases', [2 / 3]],
    ['three quarters of the cases', [0.75]],
    ['right at least 95 times', [95, 0.95]],
    ['an error below 1,250 euros', [1250]],
    ['an error below 12 minutes', [12]],
    ['R2 over -0.5', [-0.5]],
    ['since 1/2/2020', [1, 2, 2020]],
    ['a model under 5 MB', []],
    [
      `of ${Array.from({ length: 30 }, (_, i) => `${i}.5`).join(' and ')}`,
      Array.from({ length: 10 }, (_, i) => i + 0.5),
    ],
    ['about 99999999999999999999', []],
  ])('%s', (text, numbers) => {
    expect(namedNumbers(text)).toEqual(numbers.map((value) => Number(value.toPrecision(12))));
  });

  it('are read in little time, whatever the text is', () => {
    const before = process.cpuUsage();
    for (const text of ['1/'.repeat(10_000), '9 out of '.repeat(2200), '½'.repeat(20_000), 'at least -'.repeat(2000)])
      namedNumbers(text);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });
});
