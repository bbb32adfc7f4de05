import { readFileSync, statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { finishColumn } from '../../../../src/tools/data/columns/finish-column.ts';
import { parseText } from '../../../../src/tools/data/columns/parse-value.ts';
import { TextBuilder } from '../../../../src/tools/data/columns/text-builder.ts';
import { readCsv } from '../../../../src/tools/data/csv/read-csv.ts';
import { readTable } from '../../../../src/tools/data/read-table.ts';
import { scratch, valuesOf } from '../scratch.ts';

const files = scratch();
afterAll(files.remove);

const read = async (content: string | Uint8Array, options = {}, threads = 1, bytesPerThread?: number) => {
  const path = files.write(content);
  const csv = await readCsv(path, readFileSync(path).subarray(0, 65536), statSync(path).size, {
    ...options,
    threads,
    bytesPerThread,
  });
  return { ...csv, table: { rowCount: csv.rows.rowCount, columns: csv.columns.map(({ column }) => column) } };
};

const plainNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -99999, max: 99999 }).map((n) => (n / 100).toFixed(2)),
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
);
const words = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('red', 'green', 'blue', 'žluťoučký', '東京', 'x y') },
  fc.constantFrom(
    '',
    'NA',
    'with, comma',
    'with "quote"',
    'two\nlines',
    'crlf\r\ninside',
    '"',
    ' padded ',
    '=1+1',
    '\u0001',
  ),
  fc.string({ maxLength: 12 }).filter((text) => !/[\r\u0000]/.test(text)),
);
const dates = fc
  .tuple(fc.integer({ min: 1900, max: 2100 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([y, m, d]) => `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`);
const holes = (values: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 8, arbitrary: values }, fc.constantFrom('', 'NA', 'null'));
const field = (text: string, isQuoted: boolean): string =>
  isQuoted || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

describe('against csv-parse', () => {
  it('reads random tables to the same values, with one thread and with several, wherever the file is cut', async () => {
    let runs = 0;
    const rows = fc.array(fc.tuple(holes(plainNumber), words, holes(dates), words, fc.boolean()), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (data, newline, hasEnd) => {
        const lines = data.map(([a, b, c, d, quoted]) => [a, b, c, d].map((text) => field(text, quoted)).join(','));
        const content = ['n,"a ""word""",when,other', ...lines].join(newline) + (hasEnd ? newline : '');
        const reference: string[][] = parse(content, { from: 2, record_delimiter: newline });
        const options = { delimiter: ',', quote: '"', header: true };
        const ours = await read(content, options);
        expect(ours.rows.rowCount).toBe(reference.length);
        for (const [index, { column, report }] of ours.columns.entries()) {
          // The reference's texts, through the same reading of values, must give the same column.
          const builder = new TextBuilder();
          for (const record of reference) builder.push(record[index]!);
          const expected = finishColumn(column.name, builder.finish(), reference.length, { missing: [] });
          expect(column).toEqual(expected.column);
          expect({ ...report, notes: [], retyped: false }).toEqual({ ...expected.report, notes: [], retyped: false });
        }
        // Threads take a while to start: every sixth table is read by three of them too.
        if (runs++ % 6 === 0) {
          const threaded = await read(content, options, 3, 40);
          expect(threaded.table).toEqual(ours.table);
          expect(threaded.columns).toEqual(ours.columns);
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('reads numbers correctly rounded', async () => {
    const texts = [
      '0.1',
      '123456789.123456789',
      '9007199254740993',
      '5e-324',
      '1.7976931348623157e308',
      '0.30000000000000004',
    ];
    const { table } = await read(`x\n${texts.join('\n')}\n`);
    expect(valuesOf(table).x).toEqual(texts.map(Number));
  });
});

describe('threads', () => {
  it('give the same columns, dictionaries and report for a file with line ends inside quotes everywhere', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) =>
      i % 211 === 0
        ? `${i},only two`
        : `${i},"text ${i % 17}\n,,""\n${i % 5}",2020-01-${String(1 + (i % 28)).padStart(2, '0')}`,
    );
    const content = `id,note,day\n${rows.join('\n')}\n`;
    const one = await read(content);
    for (const threads of [2, 3, 4]) {
      const several = await read(content, {}, threads, 1000);
      expect(several.columns).toEqual(one.columns);
      expect({ ...several.rows, columns: [] }).toEqual({ ...one.rows, columns: [] });
    }
    expect(one.rows.tooFew).toEqual({ count: 15, rows: Array.from({ length: 15 }, (_, i) => i * 211 + 1) });
  });

  it('find a misfit far from the first rows and read that column again', async () => {
    const rows = Array.from({ length: 4000 }, (_, i) => (i === 3500 ? 'many,1' : `${i},${i}`));
    for (const threads of [1, 2]) {
      const { columns, rows: found } = await read(`a,b\n${rows.join('\n')}`, {}, threads, 1000);
      expect(found.retyped).toEqual(new Set([0]));
      expect(columns[0]!.column.kind).toBe('number');
      expect(columns[0]!.report).toMatchObject({ unparsed: 1, retyped: true, missingCount: 0 });
    }
  });
});

describe('dialects', () => {
  it.each([
    ['semicolons with decimal commas', 'a;b\n1,5;x\n2,5;y\n', { delimiter: ';', header: true }, [1.5, 2.5]],
    ['tabs', 'a\tb\n1\tx\n2\ty\n', { delimiter: '\t', header: true }, [1, 2]],
    ['pipes', 'a|b\n1|x\n2|y\n', { delimiter: '|', header: true }, [1, 2]],
    ['no header', '1,x\n2,y\n3,x\n', { delimiter: ',', header: false }, [1, 2, 3]],
    ['a header of years', 'country,2019,2020\nx,1,2\ny,3,4\n', { header: true }, ['x', 'y']],
    ['single quotes', "a,b\n1,'x, y'\n2,'z'\n", { quote: "'" }, [1, 2]],
    ['lone carriage returns', 'a,b\r1,x\r2,y\r', { lineEnd: '\r' }, [1, 2]],
    ['a space after the delimiter', 'a, b\n1, "x, y"\n2, "z"\n', { delimiter: ',' }, [1, 2]],
    ['blank lines', '\n\na,b\n1,x\n\n2,y\n\n', { header: true }, [1, 2]],
  ])('finds %s', async (_name, content, dialect, first) => {
    const { table, ...csv } = await read(content);
    expect(csv.dialect).toMatchObject(dialect);
    expect(valuesOf(table)[table.columns[0]!.name]).toEqual(first);
    expect(table.columns.length).toBeGreaterThan(1);
  });

  it('names columns without a header by their position', async () => {
    expect(Object.keys(valuesOf((await read('1,x\n2,y\n3,x\n')).table))).toEqual(['column_1', 'column_2']);
  });
});

describe('encodings', () => {
  const text = 'name,n\nZoë €,1\nJosé,2\n';
  it.each([
    ['UTF-8', Buffer.from(text), 'utf-8', false],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`), 'utf-8', true],
    ['UTF-16LE with a byte order mark', Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le', true],
    ['UTF-16LE without one', Buffer.from(text, 'utf16le'), 'utf-16le', false],
    ['UTF-16BE with one', Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), 'utf-16be', true],
    ['Windows-1252', Buffer.from(text.replace('€', '\u0080'), 'latin1'), 'windows-1252', false],
  ])('reads %s', async (_name, bytes, encoding, mark) => {
    const { table, report } = await readTable({ kind: 'file', path: files.write(bytes) });
    expect(report.text).toMatchObject({ encoding, hasByteOrderMark: mark });
    expect(valuesOf(table)).toEqual({ name: ['Zoë €', 'José'], n: [1, 2] });
  });

  it('reads Windows-1252 that shows in the header alone', async () => {
    const bytes = Buffer.from('größe;n\n1;2\n3;4\n', 'latin1');
    const { table, report } = await readTable({ kind: 'file', path: files.write(bytes) });
    expect(report.text).toMatchObject({ encoding: 'windows-1252' });
    expect(valuesOf(table)).toEqual({ größe: [1, 3], n: [2, 4] });
  });

  it('refuses a file that is mostly UTF-8 and damaged', async () => {
    const bytes = Buffer.concat([Buffer.from(`a\n${'é\n'.repeat(50)}`), Buffer.from([0xff, 10])]);
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'DATA_ENCODING',
      message: expect.stringContaining('the first at byte 152'),
    });
  });
});

describe('quotes that RFC 4180 does not allow', () => {
  it('go to the tolerant reader, which keeps them as text', async () => {
    const { table, secondReader } = await read('size,n\n5" pipe,1\n"7""",2\n"a"b,3\n');
    expect(secondReader).toContain('quote');
    expect(valuesOf(table)).toEqual({ size: ['5" pipe', '7"', '"a"b'], n: [1, 2, 3] });
  });

  it('are an error where one is never closed', async () => {
    await expect(read('a,b\n1,"open\n2,x\n')).rejects.toMatchObject({
      code: 'DATA_FORMAT',
      message: expect.stringContaining('still open at the end'),
    });
  });

  it('are ordinary characters where the host says so', async () => {
    const { table } = await read('a,b\n1,"open\n2,x\n', { quote: '' });
    expect(valuesOf(table).b).toEqual(['"open', 'x']);
  });
});

describe('samples', () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `${i},v${i % 3}`);
  it('are about as large as asked, the same with any number of threads, and counted', async () => {
    const content = `id,v\n${rows.join('\n')}\n`;
    const one = await read(content, { maxRows: 2000 });
    const two = await read(content, { maxRows: 2000 }, 2, 1000);
    expect(two.table).toEqual(one.table);
    expect(one.rows.rowCount).toBeGreaterThan(1700);
    expect(one.rows.rowCount).toBeLessThan(2300);
    expect(one.rows.rowCount + one.rows.leftOut).toBe(20_000);
    expect(one.sampleShare).toBeCloseTo(0.1, 2);
  });
});

it('reads by a column format exactly what the column holds', async () => {
  const content = 'price;when;ok;kind\n1.234,56 €;13.02.2020;yes; a\n7,00 €;01.02.2020;no;b \n-;;NA;?\n';
  const { columns, table } = await read(content);
  const lines = content.trim().split('\n').slice(1);
  for (const [index, { report, column }] of columns.entries()) {
    const values = lines.map((line) => parseText(line.split(';')[index]!, report.format));
    const shown = valuesOf(table)[column.name]!.map((value, row) =>
      value === null ? null : 'values' in column ? column.values[row] : value,
    );
    expect(values).toEqual(shown);
  }
});
