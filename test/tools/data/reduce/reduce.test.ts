import { describe, expect, it } from 'vitest';
import { sampleRows } from '../../../../src/tools/data/reduce/sample-rows.ts';
import { measureSamplingCost } from '../../../../src/tools/data/reduce/sampling-cost.ts';
import { times } from '../prepare/columns.ts';

const strata = Int32Array.from(times(10_000, (i) => (i % 100 === 0 ? 0 : 1 + (i % 3))));
const input = { rowCount: 10_000, size: 2000, strata, stratumCount: 4, seed: 0 };

describe('sampleRows', () => {
  it('keeps the share of each stratum, and fifty rows of a rare one', () => {
    const sample = sampleRows(input);
    expect(sample.strata[0]).toEqual({ source: 100, kept: 50 });
    for (const { source, kept } of sample.strata.slice(1)) expect(Math.abs(kept - source * 0.2)).toBeLessThanOrEqual(1);
    expect(sample.rows.length).toBe(2030);
    expect(sample.share).toBe(0.203);
    expect(sample.strata.reduce((sum, { kept }) => sum + kept, 0)).toBe(sample.rows.length);
  });

  it('keeps all rows where that is not too many', () => {
    expect(sampleRows({ ...input, size: 10_000 }).rows).toHaveLength(10_000);
  });

  it('takes groups whole', () => {
    const groups = Int32Array.from(times(10_000, (i) => Math.floor(i / 8)));
    const { rows } = sampleRows({ ...input, groups });
    const counts = new Map<number, number>();
    for (const row of rows) counts.set(groups[row]!, (counts.get(groups[row]!) ?? 0) + 1);
    expect([...counts.values()].every((count) => count === 8)).toBe(true);
    expect(Math.abs(rows.length - 2000)).toBeLessThanOrEqual(16);
  });

  it('is the same for the same seed and another for another', () => {
    expect(sampleRows(input)).toEqual(sampleRows(input));
    expect(sampleRows({ ...input, seed: 1 }).rows).not.toEqual(sampleRows(input).rows);
  });
});

describe('measureSamplingCost', () => {
  it('gives the mean loss with its interval', () => {
    // Differences 0.01, 0.02, 0.03, 0.02, 0.02: mean 0.02, deviation 0.0070711, error × √(1/5 + 1/4), t(4) = 2.776.
    const cost = measureSamplingCost([0.91, 0.92, 0.93, 0.92, 0.92], [0.9, 0.9, 0.9, 0.9, 0.9]);
    expect(cost.loss).toBeCloseTo(0.02, 12);
    expect(cost.high - cost.loss).toBeCloseTo(0.0070711 * Math.sqrt(0.45) * 2.776, 5);
    expect(cost).toMatchObject({ significant: true, fits: 5 });
  });

  it('does not call noise a loss', () => {
    expect(measureSamplingCost([0.9, 0.8, 0.9], [0.8, 0.9, 0.89]).significant).toBe(false);
  });

  it('refuses scores that do not pair up', () => {
    expect(() => measureSamplingCost([1, 2], [1])).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
