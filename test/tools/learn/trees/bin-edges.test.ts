import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findEdges, tabulateCategories, ValueSorter } from '../../../../src/tools/learn/trees/bin-edges.ts';

const binOf = (value: number, edges: Float32Array): number => {
  let bin = 0;
  while (edges[bin]! < value) bin++;
  return bin;
};

describe('edges of bins', () => {
  const column = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 300 });

  test('keep the order of values, and separate all distinct ones where there is room', () => {
    fc.assert(
      fc.property(column, (values) => {
        const sorted = Float32Array.from(values).sort();
        const edges = new Float32Array(256);
        const bins = findEdges(sorted, 255, 1, edges);
        const distinct = [...new Set([...sorted].map((v) => (v === 0 ? 0 : v)))];
        const seen = distinct.map((value) => binOf(value, edges));
        for (let i = 1; i < seen.length; i++) expect(seen[i]!).toBeGreaterThanOrEqual(seen[i - 1]!);
        if (distinct.length <= 255) expect(seen).toEqual(distinct.map((_, i) => i));
        expect(Math.max(...seen)).toBe(bins - 1);
        expect(edges[bins - 1]).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  test('give each bin at least the asked number of rows, where the values allow', () => {
    const edges = new Float32Array(256);
    const sorted = Float32Array.from({ length: 300 }, (_, i) => i);
    const bins = findEdges(sorted, 255, 3, edges);
    expect(bins).toBe(100);
    const counts = new Array(bins).fill(0);
    for (const value of sorted) counts[binOf(value, edges)]++;
    expect(Math.min(...counts)).toBe(3);
  });

  test('give a value that fills a bin its own', () => {
    const sorted = Float32Array.from([...new Array(5000).fill(0), ...Array.from({ length: 5000 }, (_, i) => i + 1)]);
    const edges = new Float32Array(256);
    const bins = findEdges(sorted, 255, 3, edges);
    expect(edges[0]).toBe(0.5);
    expect(bins).toBeGreaterThan(240);
  });

  test('are one bin for a column without values, and for one without a difference', () => {
    const edges = new Float32Array(256);
    expect(findEdges(new Float32Array(0), 255, 3, edges)).toBe(1);
    expect(findEdges(new Float32Array(50).fill(4), 255, 3, edges)).toBe(1);
  });
});

test('the radix sort agrees with the sort of the engine, without NaN', () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) =>
    i % 7 === 0 ? Number.NaN : Math.sin(i) * (i % 5 === 0 ? 1e30 : 1),
  );
  values.set([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, -0], 1);
  const expected = values.filter((v) => !Number.isNaN(v)).sort();
  expect([...new ValueSorter(5000).sortSample(values)]).toEqual([...expected]);
});

test('a sample of a long column has one value of each stretch', () => {
  const values = Float32Array.from({ length: 10_000 }, (_, i) => i);
  const sample = [...new ValueSorter(1000).sortSample(values)];
  expect(sample.map((v) => Math.floor(v / 10))).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(new Set(sample.map((v) => v % 10)).size).toBe(10);
});

test('frequent codes get bins, rare and unseen ones share the bin after them', () => {
  const table = new Uint8Array(7);
  const bins = tabulateCategories(Int32Array.of(3, 3, 3, 5, 5, 0, 1), 2, table);
  expect(bins).toBe(2);
  expect([...table]).toEqual([2, 2, 2, 0, 2, 1, 2]);
});
