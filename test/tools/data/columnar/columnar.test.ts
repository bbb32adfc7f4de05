import { describe, expect, it } from 'vitest';
import { decodeArrays, encodeArrays } from '../../../../src/core/helpers/encode-arrays.ts';
import { decodeTable, encodeTable } from '../../../../src/tools/data/columnar/encode-table.ts';
import { readTable } from '../../../../src/tools/data/read-table.ts';
import { columnOf, selectColumns, takeRows } from '../../../../src/tools/data/rows.ts';
import { valuesOf } from '../scratch.ts';

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const { table } = await readTable({
  kind: 'records',
  records: Array.from({ length: 50 }, (_, i) => ({
    n: i % 7 === 0 ? null : i / 3,
    kg: `${i} kg`,
    c: i % 5 === 0 ? null : `c${i % 3}`,
    long: i === 9 ? null : `text number ${i}, žluťoučký`,
    at: new Date(i * 1e9),
    b: i % 2 === 0 ? 'yes' : 'no',
  })),
});
const blob = join(encodeTable(table));

describe('a table as a blob', () => {
  it('comes back the same, as views of the bytes', () => {
    const back = decodeTable(blob);
    expect(back).toEqual(table);
    const [first] = back.columns;
    expect(first?.kind === 'number' && first.values.buffer).toBe(blob.buffer);
  });

  it('comes back from bytes at an odd place in memory', () => {
    const moved = new Uint8Array(blob.length + 3);
    moved.set(blob, 3);
    expect(decodeTable(moved.subarray(3))).toEqual(table);
  });

  it('is the same bytes for the same table, with every array at a multiple of 64', () => {
    expect(join(encodeTable(decodeTable(blob)))).toEqual(blob);
    expect(blob.length % 64).toBe(0);
  });

  it('is refused where it is cut at any length', () => {
    for (let length = 0; length < blob.length - 64; length += 7) {
      expect(() => decodeTable(blob.slice(0, length))).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }));
    }
  });

  const altered = (from: string, to: string) => {
    const length = new DataView(blob.buffer).getUint32(4, true);
    const header = Buffer.from(blob.subarray(8, 8 + length))
      .toString()
      .replace(from, to);
    const bytes = blob.slice();
    bytes.set(Buffer.from(header.padEnd(length)), 8);
    return bytes;
  };
  it.each([
    ['"formatVersion":1', '"formatVersion":2', 'FORMAT_VERSION', 'older, got 2'],
    ['"rowCount":50', '"rowCount":51', 'STORE_FAILED', 'lacks its'],
    ['"rowCount":50', '"rowCount":-5', 'STORE_FAILED', 'number of rows'],
    ['"kind":"text"', '"kind":"tart"', 'STORE_FAILED', 'not known'],
    ['"dictionary":["c0","c1","c2"]', '"dictionary":["c0","c1"]     ', 'STORE_FAILED', 'outside its dictionary'],
    ['"type":"float64"', '"type":"valueOf"', 'STORE_FAILED', 'described wrongly'],
  ])('is refused where %s is changed to %s', (from, to, code, message) => {
    expect(() => decodeTable(altered(from, to))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe('named arrays as a blob', () => {
  const arrays = {
    weights: Float64Array.of(1.5, -0, Number.NaN),
    features: Float32Array.of(1, 2),
    codes: Int32Array.of(-1),
    rows: Uint32Array.of(0xffffffff),
    bits: Uint8Array.of(1, 2, 3, 4, 5),
    empty: new Float64Array(0),
  };
  it('come back with their JSON, types and bits', () => {
    const back = decodeArrays(join(encodeArrays({ learner: 'x', list: [1, null, '€'] }, arrays)));
    expect(back.json).toEqual({ learner: 'x', list: [1, null, '€'] });
    expect({ ...back.arrays }).toEqual(arrays);
  });

  it('may be called __proto__', () => {
    const named = Object.fromEntries([['__proto__', Uint8Array.of(7)]]);
    expect(Object.keys(decodeArrays(join(encodeArrays(null, named))).arrays)).toEqual(['__proto__']);
  });
});

describe('rows and columns of a table', () => {
  it('are taken in the order given, more than once where asked', () => {
    const rows = Uint32Array.of(9, 0, 0, 49);
    const taken = valuesOf(takeRows(table, rows));
    const all = valuesOf(table);
    for (const name of Object.keys(all)) expect(taken[name]).toEqual([...rows].map((row) => all[name]![row]));
  });

  it('lose the bitmap where nothing is missing any more', () => {
    expect(takeRows(table, Uint32Array.of(1, 2)).columns[0]).not.toHaveProperty('validity');
  });

  it('are selected by name, or refused', () => {
    expect(selectColumns(table, ['b', 'n']).columns.map(({ name }) => name)).toEqual(['b', 'n']);
    expect(() => columnOf(table, 'zzz')).toThrow(
      expect.objectContaining({ code: 'COLUMN_UNKNOWN', message: expect.stringContaining('There are: "n", "kg"') }),
    );
  });
});
