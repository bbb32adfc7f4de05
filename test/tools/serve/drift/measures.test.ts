import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  jensenShannonDistance,
  populationStabilityIndex,
  stabilityByChance,
} from '../../../../src/tools/serve/drift/distribution-shift.ts';
import { defaultDriftLimits, measureDrift } from '../../../../src/tools/serve/drift/measure-drift.ts';

const { shifts, chance } = JSON.parse(
  readFileSync(new URL('../../../fixtures/serve/shift.json', import.meta.url), 'utf8'),
) as {
  readonly shifts: readonly { expected: number[]; actual: number[]; psi: number; jensenShannon: number }[];
  readonly chance: readonly { bins: number; n: number; m: number; probability: number; psi: number }[];
};

describe('shift of a distribution', () => {
  it.each(shifts)('of $expected.length bins is that of numpy and SciPy', ({ expected, actual, psi, jensenShannon }) => {
    expect(populationStabilityIndex(expected, actual)).toBeCloseTo(psi, 12);
    expect(jensenShannonDistance(expected, actual)).toBeCloseTo(jensenShannon, 7);
  });

  it.each(chance)('by chance alone, of $bins bins, is that of chi-square within 4 %', ({ psi, ...of }) => {
    expect(stabilityByChance(of.bins, of.n, of.m, of.probability) / psi).toBeCloseTo(1, 1);
    expect(Math.abs(stabilityByChance(of.bins, of.n, of.m, of.probability) / psi - 1)).toBeLessThan(0.04);
  });
});

const options = { limits: defaultDriftLimits, tests: 20, mayMove: false };
const category = (counts: number[]) => ({ kind: 'values' as const, counts });

describe('a column of a window', () => {
  it.each([
    ['alike', [500, 400, 0, 0, 100], [250, 200, 0, 0, 50], []],
    ['shifted', [500, 400, 0, 0, 100], [100, 350, 0, 0, 50], ['distribution']],
    ['with more missing', [500, 400, 0, 0, 100], [200, 160, 0, 0, 140], ['distribution', 'missing']],
    ['with fewer missing', [500, 400, 0, 0, 100], [280, 220, 0, 0, 0], ['distribution']],
    ['with values that training had not', [500, 500, 0, 0, 0], [200, 200, 0, 100, 0], ['distribution', 'unseen']],
    ['with other known values', [500, 400, 100, 0, 0], [250, 200, 50, 0, 0], []],
  ] as const)('%s exceeds what it should', (_, training, window, exceeds) => {
    expect(measureDrift(category([...training]), window, options).exceeds).toEqual(exceeds);
  });

  it('that is a date may move on, but not go missing', () => {
    const training = { kind: 'ranges' as const, counts: [500, 500, 0] };
    const dates = { ...options, mayMove: true };
    expect(measureDrift(training, [0, 500, 0], dates)).toMatchObject({ exceeds: [] });
    expect(measureDrift(training, [0, 500, 0], dates).psi).toBeGreaterThan(1);
    expect(measureDrift(training, [0, 250, 250], dates).exceeds).toEqual(['missing']);
  });

  it('of one to nine rows that were not told raises no alarm that up to nine would not', () => {
    const training = category([275, 0, 0, 0, -1]);
    expect(measureDrift(training, [490, 0, 0, 0, 10], options)).toMatchObject({
      exceeds: [],
      psi: expect.closeTo(0, 2),
      missing: { training: 9 / 275, window: 0.02 },
    });
    expect(measureDrift(training, [400, 0, 0, 0, 100], options).exceeds).toEqual(['distribution', 'missing']);
  });

  it('has a higher limit the fewer rows there are', () => {
    const limit = (n: number, m: number) =>
      measureDrift({ kind: 'ranges', counts: new Array(11).fill(n / 11) }, new Array(11).fill(m / 11), options)
        .psiLimit;
    expect(limit(20_000, 2000)).toBe(0.1);
    expect(limit(275, 500)).toBeGreaterThan(0.18);
    expect(limit(275, 5000)).toBeGreaterThan(limit(275, 50_000));
  });
});
