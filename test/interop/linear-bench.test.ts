import { expect, it } from 'vitest';
import coverage from '../../bench/coverage.ts';
import linear from '../../bench/linear.ts';

const options = { python: process.env.TRAINERAGENT_PYTHON ?? '.venv/bin/python', quick: true };

it('has the coefficients of scikit-learn on its bundled sets', async () => {
  const rows = await linear.run(options);
  expect(rows.length).toBeGreaterThanOrEqual(5);
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
});

it('has intervals that hold the truth about as often as they say', async () => {
  const rows = await coverage.run(options);
  // 200 sets in the quick form: 95 % within three standard errors.
  for (const { case: name, ours } of rows) expect(Math.abs(ours - 0.95), name).toBeLessThan(0.047);
});
