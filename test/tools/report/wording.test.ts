import { expect, it } from 'vitest';
import { formatNumber, formatSetting } from '../../../src/tools/report/wording.ts';

it.each([
  [0.00363, '0.00363'],
  [-0.00012345, '-0.000123'],
  [0.0123456, '0.0123'],
  [0.71234, '0.712'],
  [12.3456, '12.35'],
  [123.45, '123.5'],
  [1234.5, '1,235'],
  [-1234567, '-1,234,567'],
  [2.5e-7, '2.50e-7'],
])('writes %d for a reader as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it.each([
  [0.00363, '0.00363'],
  [0.000117, '0.000117'],
  [0.15, '0.15'],
  [1234.56, '1,234.56'],
  [60000, '60,000'],
])('writes the setting %d as %s, with commas before the point alone', (value, text) => {
  expect(formatSetting(value)).toBe(text);
});
