import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { parseValue } from '../../../src/tools/data/columns/parse-value.ts';
import type { ReadReport } from '../../../src/tools/data/read-report.ts';
import { type ReadOptions, readTable } from '../../../src/tools/data/read-table.ts';
import { scratch, valuesOf } from './scratch.ts';

const files = scratch();
afterAll(files.remove);

const read = (content: string | Uint8Array, name = 'data.csv', options: ReadOptions = {}) =>
  readTable({ kind: 'file', path: files.write(content, name) }, options);
const records = (data: Iterable<unknown> | AsyncIterable<unknown>) => readTable({ kind: 'records', records: data });

function expectToAddUp({ report, table }: { report: ReadReport; table: { rowCount: number } }): void {
  const setAside = report.setAside.reduce((sum, { count }) => sum + count, 0);
  expect(report.rowsKept).toBe(table.rowCount);
  expect(report.rowsRead).toBe(report.rowsKept + setAside + (report.sample?.rowsLeftOut ?? 0));
}

const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');

describe('input that is no table', () => {
  it.each<[string, string | Uint8Array, string, string, string]>([
    ['an empty file', '', 'data.csv', 'DATA_EMPTY', 'got an empty file'],
    ['white space only', '\n \n\n', 'data.csv', 'DATA_EMPTY', 'white space'],
    ['a header only', 'a,b,c\n', 'data.csv', 'DATA_EMPTY', 'a header of 3 columns and nothing below'],
    ['an image renamed .csv', png, 'data.csv', 'DATA_FORMAT', 'got a PNG image'],
    ['an archive renamed .csv', Buffer.from('504b03040a000000', 'hex'), 'data.csv', 'DATA_FORMAT', 'ZIP archive'],
    ['binary data', Uint8Array.from({ length: 999 }, (_, i) => (i * 37) % 31), 'x.csv', 'DATA_FORMAT', 'binary data'],
    ['JSON that breaks off', '[{"a": 1}, {"a"', 'x.json', 'DATA_FORMAT', 'breaks its rules'],
    ['JSON that is no table', '{"a": {"b": 1}}', 'x.json', 'DATA_FORMAT', 'array of records'],
    ['an empty JSON array', '[]', 'x.json', 'DATA_EMPTY', 'got none'],
    ['JSON in Latin-1', Buffer.from('[{"a": "é"}]', 'latin1'), 'x.json', 'DATA_ENCODING', 'Save the file as UTF-8'],
    ['lines that are no records', '{"a":1}\n3\n4\n5\n', 'x.ndjson', 'DATA_FORMAT', 'in 3 of 4 rows'],
    ['a Parquet file that is cut', 'PAR1 and nothing', 'x.parquet', 'DATA_FORMAT', 'Parquet file'],
    [
      'rows without a common width',
      'a,b\n1\n2\n3\n4,5\n',
      'x.csv',
      'DATA_FORMAT',
      'in 3 of 4 rows (the first: data row 1)',
    ],
    ['20,001 columns', `${'a,'.repeat(20_000)}a\n`, 'x.csv', 'DATA_TOO_WIDE', 'at most 20000 columns, got 20001'],
    ['a 17 MiB field', `a,b\n1,${'x'.repeat(17 << 20)}\n`, 'x.csv', 'DATA_TOO_WIDE', 'more than 16777216 bytes'],
  ])('refuses %s', async (_name, content, name, code, message) => {
    const error = await read(content, name).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('refuses a 100 MB field without reading it all into strings', async () => {
    const content = Buffer.concat([Buffer.from('a,b\n1,"'), Buffer.alloc(100e6, 'x'), Buffer.from('"\n')]);
    await expect(read(content)).rejects.toMatchObject({
      code: 'DATA_TOO_WIDE',
      message: expect.stringContaining('Row 1 has more than'),
    });
  });

  it('refuses a missing file, a folder and a file without permission', async () => {
    const at = (path: string) => readTable({ kind: 'file', path });
    await expect(at(join(files.folder, 'none.csv'))).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      message: expect.stringContaining('got nothing there'),
    });
    mkdirSync(join(files.folder, 'folder.csv'));
    await expect(at(join(files.folder, 'folder.csv'))).rejects.toMatchObject({
      code: 'DATA_NOT_READABLE',
      message: expect.stringContaining('got a folder'),
    });
    const path = files.write('a\n1\n');
    chmodSync(path, 0);
    // The superuser may read any file; there is nothing to refuse then.
    if (process.getuid?.() === 0) await expect(at(path)).resolves.toBeDefined();
    else await expect(at(path)).rejects.toMatchObject({ code: 'DATA_NOT_READABLE' });
  });

  it('shows no cell in an error', async () => {
    for (const content of ['a,b\nsecret\nsecret\nsecret,1\n', 'a,b\n1,"secret\n']) {
      await expect(read(content)).rejects.toSatisfy((error: unknown) => !JSON.stringify(error).includes('secret'));
    }
  });
});

describe('strange tables', () => {
  it('reads 10,000 columns', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const row = names.map((_, i) => i).join(',');
    const { table } = await read(`${names.join(',')}\n${row}\n${row}\n`);
    expect(table.columns).toHaveLength(10_000);
    expect(table.columns[9999]).toMatchObject({ name: 'c9999', kind: 'number' });
  });

  it('sets ragged rows aside and counts them', async () => {
    const result = await read('a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n1,2,3\n1,2,3\n');
    expect(result.report.setAside).toEqual([
      { reason: 'too-few-fields', count: 1, rows: [2] },
      { reason: 'too-many-fields', count: 1, rows: [4] },
    ]);
    expect(valuesOf(result.table).a).toEqual([1, 6, 1, 1]);
    expectToAddUp(result);
  });

  it('renames duplicate and empty headers, and says so', async () => {
    const { table, report } = await read('x,x,,x_2\n1,2,3,4\n');
    expect(table.columns.map(({ name }) => name)).toEqual(['x', 'x_3', 'column_3', 'x_2']);
    expect(report.renamed).toEqual([
      { index: 1, from: 'x', to: 'x_3' },
      { index: 2, from: '', to: 'column_3' },
    ]);
  });

  it('takes __proto__ and constructor as names like any other', async () => {
    const { table } = await read('__proto__,constructor,toString\n1,2,3\n');
    expect(table.columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString']);
    const json = await read('[{"__proto__": 1, "constructor": 2}]', 'x.json');
    expect(json.table.columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('keeps formulas, control characters and NUL bytes as text', async () => {
    const cells = ['=1+2', '@SUM(A1)', '\u0007bell', 'nul\u0000byte', 'tab\there'];
    const { table, report } = await read(`a,n\n${cells.map((cell, i) => `${cell},${i}`).join('\n')}\n`);
    expect(valuesOf(table).a).toEqual(cells);
    expect(report.text?.nulBytes).toBe(1);
  });

  it('reads one column', async () => {
    expect(valuesOf((await read('x\n1\n2\n')).table)).toEqual({ x: [1, 2] });
  });

  it('counts missing values by spelling, and what does not parse', async () => {
    const numbers = Array.from({ length: 400 }, (_, i) => String(i));
    const { report } = await read(
      `x,y\n${[...numbers, 'NA', '', 'null', ' NA', 'about 5'].map((n) => `${n},1`).join('\n')}\n`,
    );
    expect(report.columns[0]).toMatchObject({ missing: { '': 1, NA: 2, null: 1 }, missingCount: 4, unparsed: 1 });
    expect(report.columns[1]).toMatchObject({ missing: {}, missingCount: 0, unparsed: 0 });
  });

  it('takes further spellings of missing from the host', async () => {
    const { table, report } = await read('x,c\n1,a\n-999,unknown\n', 'x.csv', { missing: ['-999', 'unknown'] });
    expect(valuesOf(table)).toEqual({ x: [1, null], c: ['a', null] });
    expect(report.columns[0]!.format).toEqual({ kind: 'number', decimal: '.', missing: ['-999', 'unknown'] });
    const typed = await readTable({ kind: 'records', records: [{ x: 1 }, { x: -999 }] }, { missing: ['-999'] });
    expect(valuesOf(typed.table)).toEqual({ x: [1, null] });
    expect(parseValue(-999, report.columns[0]!.format)).toBeNull();
  });
});

describe('formats', () => {
  const people = [
    { name: 'Ann', age: 31, member: true, joined: '2020-01-02' },
    { name: 'Bob', age: null, member: false, joined: '2021-03-04' },
  ];
  const expected = {
    name: ['Ann', 'Bob'],
    age: [31, null],
    member: [true, false],
    joined: ['2020-01-02T00:00:00.000Z', '2021-03-04T00:00:00.000Z'],
  };
  const columns = Object.fromEntries(Object.keys(people[0]!).map((key) => [key, people.map((p) => p[key as 'name'])]));

  it.each<[string, string, string, ReadReport['format']]>([
    ['a JSON array', JSON.stringify(people), 'x.json', 'json'],
    ['a JSON object of arrays', JSON.stringify(columns), 'x.json', 'json'],
    ['a JSON object around an array', JSON.stringify({ version: 1, data: people }, null, 1), 'x.json', 'json'],
    ['JSON that is named .csv', JSON.stringify(people), 'x.csv', 'json'],
    ['NDJSON', people.map((person) => JSON.stringify(person)).join('\n'), 'x.ndjson', 'ndjson'],
    ['NDJSON with line ends of Windows', people.map((p) => `${JSON.stringify(p)}\r\n`).join('\r\n'), 'x.txt', 'ndjson'],
  ])('reads %s', async (_name, content, name, format) => {
    const { table, report } = await read(content, name);
    expect(report.format).toBe(format);
    expect(valuesOf(table)).toEqual(expected);
  });

  it('reads Parquet, with 64-bit integers, dates and several row groups', async () => {
    const count = 25;
    const buffer = parquetWriteBuffer({
      rowGroupSize: 10,
      columnData: [
        { name: 'id', data: Array.from({ length: count }, (_, i) => BigInt(i)), type: 'INT64' },
        { name: 'x', data: Array.from({ length: count }, (_, i) => (i % 5 === 0 ? null : i / 4)), type: 'DOUBLE' },
        { name: 'plan', data: Array.from({ length: count }, (_, i) => `p${i % 3}`), type: 'STRING' },
        { name: 'on', data: Array.from({ length: count }, (_, i) => i % 2 === 0), type: 'BOOLEAN' },
        { name: 'at', data: Array.from({ length: count }, (_, i) => new Date(i * 86400000)), type: 'TIMESTAMP' },
      ],
    });
    const { table, report } = await read(new Uint8Array(buffer), 'x.csv');
    expect(report).toMatchObject({ format: 'parquet', rowsRead: count });
    expect(table.columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'category', 'boolean', 'datetime']);
    const values = valuesOf(table);
    expect(values.id).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(values.x!.slice(0, 3)).toEqual([null, 0.25, 0.5]);
    expect(values.at![1]).toBe('1970-01-02T00:00:00.000Z');
  });

  it('reads arrays, iterables and async iterables of records alike', async () => {
    async function* slowly() {
      yield* people;
    }
    for (const source of [people, new Set(people), slowly()]) {
      const { table, report } = await records(source);
      expect(valuesOf(table)).toEqual(expected);
      expect(report).toMatchObject({ format: 'records', rowsRead: 2, rowsKept: 2 });
    }
  });

  it('sets records aside that are none, and fills fields that come late', async () => {
    const result = await records([{ a: 1 }, 'no', { a: 2, b: 'x' }, null, { b: 'y' }, { a: 4 }]);
    expect(result.report.setAside).toEqual([{ reason: 'not-a-record', count: 2, rows: [2, 4] }]);
    expect(valuesOf(result.table)).toEqual({ a: [1, 2, null, 4], b: [null, 'x', 'y', null] });
    expectToAddUp(result);
  });

  it('reads values of mixed types by their texts, and nested ones as JSON', async () => {
    const { table } = await records([
      { mixed: 1, big: 12345678901234567890n, nested: { k: [1] }, odd: Number.NaN, when: new Date(0) },
      { mixed: '2', big: 2n, nested: 'x', odd: 5, when: new Date(1) },
    ]);
    const values = valuesOf(table);
    expect(values).toMatchObject({ mixed: [1, 2], nested: ['{"k":[1]}', 'x'], odd: [null, 5] });
    expect(values.when).toEqual(['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.001Z']);
  });

  it.each(['x.json', 'x.ndjson', 'x.csv', 'records'])(
    'samples %s to about the rows asked for, and counts',
    async (name) => {
      const rows = Array.from({ length: 5000 }, (_, i) => ({ id: i }));
      const content = name.endsWith('.json')
        ? JSON.stringify(rows)
        : name.endsWith('.csv')
          ? `id\n${rows.map(({ id }) => id).join('\n')}`
          : rows.map((row) => JSON.stringify(row)).join('\n');
      const options = { maxRows: 500 };
      const result =
        name === 'records'
          ? await readTable({ kind: 'records', records: rows }, options)
          : await read(content, name, options);
      expect(result.table.rowCount).toBeGreaterThan(400);
      expect(result.table.rowCount).toBeLessThan(600);
      expect(result.report.sample!.share).toBeCloseTo(0.1, 1);
      expectToAddUp(result);
    },
  );

  it.each(['x.json', 'columns.json', 'x.ndjson', 'x.csv'])(
    'samples %s to about the bytes asked for, by the places of its rows, and counts',
    async (name) => {
      const rows = Array.from({ length: 5000 }, (_, i) => ({ id: i + 10_000 }));
      const columns = JSON.stringify({ id: rows.map(({ id }) => id) });
      const content = name.startsWith('columns')
        ? columns
        : name.endsWith('.json')
          ? JSON.stringify(rows)
          : name.endsWith('.csv')
            ? `id\n${rows.map(({ id }) => id).join('\n')}`
            : rows.map((row) => JSON.stringify(row)).join('\n');
      const result = await read(content, name, { maxBytes: content.length / 5 });
      expect(result.table.rowCount).toBeGreaterThan(850);
      expect(result.table.rowCount).toBeLessThan(1150);
      expect(result.report.sample!.share).toBeCloseTo(0.2, 2);
      expectToAddUp(result);
      const ids = valuesOf(result.table).id as number[];
      // From all of the file: the mean of a thousand places differs from the middle by less than four standard errors (41).
      expect(Math.abs(ids.reduce((a, b) => a + b, 0) / ids.length - 12_500)).toBeLessThan(164);
      // What is not larger is read whole.
      expect((await read(content, name, { maxBytes: content.length })).report.sample).toBeUndefined();
    },
  );

  it('keeps as many records as were asked for of a source whose length nobody knows, the same each time, from all of it', async () => {
    function* endless(count: number) {
      for (let id = 0; id < count; id++) yield id === 7 ? 'no record' : { id };
    }
    async function* slowly(count: number) {
      yield* endless(count);
    }
    const options = { maxRows: 500 };
    const first = await readTable({ kind: 'records', records: endless(20_000) }, options);
    expect(first.table.rowCount + (first.report.setAside[0]?.count ?? 0)).toBe(500);
    expect(first.report).toMatchObject({ rowsRead: 20_000, sample: { share: 0.025, rowsLeftOut: 19_500 } });
    expectToAddUp(first);
    const again = await readTable({ kind: 'records', records: slowly(20_000) }, options);
    expect(valuesOf(again.table)).toEqual(valuesOf(first.table));
    const ids = valuesOf(first.table).id as number[];
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    // A uniform sample: the mean of 500 places differs from the middle by less than four standard errors (258).
    expect(Math.abs(ids.reduce((a, b) => a + b, 0) / ids.length - 10_000)).toBeLessThan(1_033);
    const whole = await readTable({ kind: 'records', records: endless(400) }, options);
    expect(whole.report).toMatchObject({ rowsRead: 400, rowsKept: 399, setAside: [{ rows: [8] }] });
    expect(whole.report.sample).toBeUndefined();
    expectToAddUp(whole);
  });

  it('stops when it is aborted', async () => {
    const reading = readTable(
      { kind: 'records', records: [{ a: 1 }] },
      {},
      { signal: AbortSignal.abort(new Error('stop')) },
    );
    await expect(reading).rejects.toThrow('stop');
  });
});
