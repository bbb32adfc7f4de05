import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { createGraphBuilder } from '../../../../src/onnx/create-graph-builder.ts';
import { applyPreparation } from '../../../../src/tools/data/prepare/apply-preparation.ts';
import { missingDatetime } from '../../../../src/tools/data/prepare/datetime-graph.ts';
import { datetimePart } from '../../../../src/tools/data/prepare/datetime-parts.ts';
import { takeFeatures } from '../../../../src/tools/data/prepare/features.ts';
import { missingCategory } from '../../../../src/tools/data/prepare/missing-category.ts';
import { planPreparation } from '../../../../src/tools/data/prepare/plan-preparation.ts';
import type { Preparation } from '../../../../src/tools/data/prepare/preparation.ts';
import { preparationToGraph } from '../../../../src/tools/data/prepare/preparation-to-graph.ts';
import { signatureInputs } from '../../../../src/tools/data/prepare/signature-inputs.ts';
import type { Table } from '../../../../src/tools/data/table.ts';
import { booleans, categories, datetimes, numbers, table, texts, times } from './columns.ts';

const day = 86_400_000;

describe('planPreparation', () => {
  const rows = 120;
  const plan = (columns: Table, names: string[], options = {}) => planPreparation(columns, names, options);

  it('keeps only values of at least ten rows in a dictionary, by falling count', () => {
    const cells = [
      ...times(40, () => 'b'),
      ...times(41, () => 'a'),
      ...times(10, () => 'ten'),
      ...times(9, () => 'nine'),
    ];
    const { preparation, categories: report } = plan(table(categories('c', [...cells, ...times(20, () => null)])), [
      'c',
    ]);
    expect(preparation.columns).toEqual([{ column: 'c', kind: 'category', dictionary: ['a', 'b', 'ten'] }]);
    expect(report).toEqual([{ column: 'c', kept: 3, pooled: 1, pooledRows: 9 }]);
  });

  it('keeps at most 253 values, ties by UTF-16 code units', () => {
    const cells = times(300 * 10, (i) => `v${String(i % 300).padStart(3, '0')}`);
    const { preparation, categories: report } = plan(table(categories('c', cells)), ['c']);
    const [column] = preparation.columns;
    expect(column?.kind === 'category' && column.dictionary).toHaveLength(253);
    expect(column?.kind === 'category' && column.dictionary.at(-1)).toBe('v252');
    expect(report[0]).toMatchObject({ pooled: 47, pooledRows: 470 });
  });

  it('sets text, empty and all-rare columns aside and says so', () => {
    const source = table(
      texts(
        't',
        times(rows, (i) => `note ${i}`),
      ),
      numbers(
        'n',
        times(rows, () => null),
      ),
      categories(
        'c',
        times(rows, (i) => `id${i}`),
      ),
      booleans(
        'b',
        times(rows, (i) => i % 2 === 0),
      ),
    );
    const { preparation, setAside } = plan(source, ['t', 'n', 'c', 'b']);
    expect(preparation.columns).toEqual([{ column: 'b', kind: 'boolean' }]);
    expect(setAside).toEqual([
      { column: 't', reason: 'text', rows },
      { column: 'n', reason: 'all-missing', rows: 0 },
      { column: 'c', reason: 'all-rare', rows },
    ]);
  });

  it('makes only the parts of a datetime that vary', () => {
    const midnights = table(
      datetimes(
        'd',
        times(rows, (i) => Date.UTC(2024, 0, 1 + (i % 28))),
      ),
    );
    expect(plan(midnights, ['d']).preparation.columns).toEqual([
      { column: 'd', kind: 'datetime', parts: ['day', 'weekday', 'days'] },
    ]);
  });

  it('makes no weekday of dates by month', () => {
    const months = table(
      datetimes(
        'd',
        times(rows, (i) => Date.UTC(2000, i, 1)),
      ),
    );
    expect(plan(months, ['d']).preparation.columns).toEqual([
      { column: 'd', kind: 'datetime', parts: ['year', 'month', 'days'] },
    ]);
  });

  it('refuses a column that the table does not have', () => {
    expect(() => plan(table(numbers('n', [1])), ['m'])).toThrow(expect.objectContaining({ code: 'COLUMN_UNKNOWN' }));
  });
});

describe('datetimePart', () => {
  it.each([
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00Z',
    '2000-02-29T12:00:00Z',
    '1900-03-01T00:00:00Z',
    '2100-02-28T23:00:00Z',
    '0000-01-01T00:00:00Z',
    '-000400-02-29T01:00:00Z',
    '+275760-09-13T00:00:00Z',
  ])('agrees with the calendar of the platform at %s', (text) => {
    const date = new Date(text);
    expect(
      ['year', 'month', 'day', 'weekday', 'hour'].map((part) => datetimePart(date.getTime(), part as 'year')),
    ).toEqual([
      date.getUTCFullYear(),
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      ((date.getUTCDay() + 6) % 7) + 1,
      date.getUTCHours(),
    ]);
  });
});

function randomTable(seed: number, rowCount: number): Table {
  const random = createRandom(seed);
  const some = <T>(make: () => T): (T | null)[] => times(rowCount, () => (random.next() < 0.15 ? null : make()));
  const specials = [1e39, -1e39, 1e-42, -0, 16777217, 0.1];
  return table(
    numbers(
      'n1',
      some(() => random.normal() * 1000),
    ),
    datetimes(
      'd1',
      some(() => Math.floor((random.next() - 0.5) * 1.7e16)),
    ),
    categories(
      'c1',
      some(() => ['red', 'grün', '青', '', ' red', '🦊'][random.integer(6)]!),
    ),
    booleans(
      'b1',
      some(() => random.next() < 0.5),
    ),
    numbers(
      'n2',
      some(() => specials[random.integer(specials.length)]!),
    ),
    datetimes(
      'd2',
      some(() => Date.UTC(2000 + random.integer(9), 1, 28) + random.integer(3) * day - random.integer(2)),
    ),
    categories(
      'c2',
      some(() => `v${random.integer(40)}`),
    ),
  );
}

/** The graph's answers on the typed inputs of a table. */
async function runGraph(source: Table, preparation: Preparation) {
  const kinds = preparation.columns.map(({ kind }) => kind);
  const graph = createGraphBuilder();
  const count = (wanted: string[]): number => kinds.filter((kind) => wanted.includes(kind)).length;
  const sizes = {
    numbers: count(['number', 'boolean']),
    categories: count(['category']),
    datetimes: count(['datetime']),
  };
  const inputs = {
    ...(sizes.numbers > 0 ? { numbers: graph.input('numbers', 'float', [-1, sizes.numbers]) } : {}),
    ...(sizes.categories > 0 ? { categories: graph.input('categories', 'string', [-1, sizes.categories]) } : {}),
    ...(sizes.datetimes > 0 ? { datetimes: graph.input('datetimes', 'int64', [-1, sizes.datetimes]) } : {}),
  };
  const features = preparationToGraph(graph, preparation, inputs);
  if (features.numbers !== undefined) graph.output('x', features.numbers, 'float', [-1, features.numberCount]);
  if (features.codes !== undefined) graph.output('codes', features.codes, 'int64', [-1, features.categorySizes.length]);
  const session = await ort.InferenceSession.create(graph.build({ name: 'preparation' }));

  const cells = (wanted: string[]) =>
    preparation.columns
      .filter(({ kind }) => wanted.includes(kind))
      .map(({ column }) => source.columns.find(({ name }) => name === column)!);
  const present = (column: Table['columns'][number], row: number): boolean =>
    column.validity === undefined || ((column.validity[row >> 3]! >> (row & 7)) & 1) === 1;
  const rowMajor = <T>(
    columns: Table['columns'][number][],
    value: (column: never, row: number) => T,
    missing: T,
  ): T[] =>
    times(source.rowCount, (row) =>
      columns.map((column) => (present(column, row) ? value(column as never, row) : missing)),
    ).flat();
  type Values = { values: Float64Array };
  type Codes = { codes: Int32Array; dictionary: string[] };
  const feeds: Record<string, ort.Tensor> = {};
  if (sizes.numbers > 0) {
    const data = rowMajor(cells(['number', 'boolean']), (column: Values, row) => column.values[row]!, Number.NaN);
    feeds.numbers = new ort.Tensor('float32', Float32Array.from(data), [source.rowCount, sizes.numbers]);
  }
  if (sizes.categories > 0) {
    const data = rowMajor(
      cells(['category']),
      (column: Codes, row) => column.dictionary[column.codes[row]!]!,
      missingCategory,
    );
    feeds.categories = new ort.Tensor('string', data, [source.rowCount, sizes.categories]);
  }
  if (sizes.datetimes > 0) {
    const data = rowMajor(cells(['datetime']), (column: Values, row) => BigInt(column.values[row]!), missingDatetime);
    feeds.datetimes = new ort.Tensor('int64', BigInt64Array.from(data), [source.rowCount, sizes.datetimes]);
  }
  const answer = await session.run(feeds);
  return {
    features,
    x: answer.x?.data as Float32Array | undefined,
    codes: answer.codes?.data as BigInt64Array | undefined,
  };
}

describe('preparationToGraph', () => {
  const all = ['n1', 'd1', 'c1', 'b1', 'n2', 'd2', 'c2'];
  it.each([
    ['all kinds', all],
    ['one number', ['n2']],
    ['one datetime', ['d1']],
    ['one category', ['c2']],
    ['a datetime before a number', ['d2', 'n1', 'd1', 'b1']],
  ])('computes exactly the features of applyPreparation: %s', async (_title, names) => {
    const { preparation } = planPreparation(randomTable(1, 2000), names);
    // Other rows: values of c2 beyond the dictionary, other dates, and a category that training never saw.
    const fresh = randomTable(2, 500);
    const source: Table = {
      rowCount: 500,
      columns: fresh.columns.map((column) =>
        column.name === 'c2' && column.kind === 'category'
          ? { ...column, dictionary: column.dictionary.map((value) => (value === 'v7' ? 'unseen' : value)) }
          : column,
      ),
    };
    const expected = applyPreparation(source, preparation);
    const { features, x, codes } = await runGraph(source, preparation);
    expect(features.numberCount).toBe(expected.numbers.length);
    expect(features.categorySizes).toEqual(expected.categories.map(({ size }) => size));
    for (let row = 0; row < source.rowCount; row++) {
      const width = expected.numbers.length;
      expect(Array.from(x?.subarray(row * width, (row + 1) * width) ?? []).map((v) => v + 0)).toEqual(
        expected.numbers.map(({ values }) => values[row]! + 0),
      );
      const wide = expected.categories.length;
      expect(Array.from(codes?.subarray(row * wide, (row + 1) * wide) ?? [], Number)).toEqual(
        expected.categories.map((feature) => feature.codes[row]),
      );
    }
  });
});

describe('applyPreparation', () => {
  it('gives missing, other and known categories the codes 0, 1 and 2…', () => {
    const preparation: Preparation = {
      formatVersion: 1,
      columns: [{ column: 'c', kind: 'category', dictionary: ['x', 'y'] }],
    };
    const { categories: made } = applyPreparation(table(categories('c', ['y', null, 'z', 'x'])), preparation);
    expect(made).toEqual([{ name: 'c', codes: Int32Array.of(3, 0, 1, 2), size: 4 }]);
  });

  it('rounds numbers to float32 and names the parts of datetimes', () => {
    const source = table(datetimes('d', [0, null]), numbers('n', [0.1, 2]));
    const { preparation } = planPreparation(table(datetimes('d', [0, day]), numbers('n', [0.1, 2])), ['d', 'n']);
    const { numbers: made } = applyPreparation(source, preparation);
    expect(made.map(({ name }) => name)).toEqual(['d.day', 'd.weekday', 'd.days', 'n']);
    expect(made.map(({ values }) => values[1])).toEqual([Number.NaN, Number.NaN, Number.NaN, 2]);
    expect(made[3]?.values[0]).toBe(Math.fround(0.1));
  });

  it('refuses a column of another kind', () => {
    const preparation: Preparation = { formatVersion: 1, columns: [{ column: 'c', kind: 'number' }] };
    expect(() => applyPreparation(table(categories('c', ['y'])), preparation)).toThrow(
      expect.objectContaining({
        code: 'DATA_FORMAT',
        details: { column: 'c', expected: 'number', received: 'category' },
      }),
    );
  });

  it('takes rows of features in the order asked', () => {
    const features = applyPreparation(
      randomTable(3, 50),
      planPreparation(randomTable(3, 50), ['n1', 'c1']).preparation,
    );
    const taken = takeFeatures(features, [7, 3]);
    expect(taken.rowCount).toBe(2);
    expect(taken.numbers[0]?.values).toEqual(
      Float32Array.of(features.numbers[0]!.values[7]!, features.numbers[0]!.values[3]!),
    );
    expect(taken.categories[0]?.codes[1]).toBe(features.categories[0]?.codes[3]);
  });
});

describe('signatureInputs', () => {
  it('gives each column its place in its tensor and its range', () => {
    const source = table(
      numbers(
        'n',
        times(101, (i) => i),
      ),
      datetimes(
        'd',
        times(101, (i) => i * day),
      ),
      categories(
        'c',
        times(101, (i) => (i % 2 === 0 ? 'a' : 'b')),
      ),
      booleans(
        'b',
        times(101, (i) => i % 3 === 0),
      ),
      numbers(
        'm',
        times(101, (i) => (i === 0 ? null : i / 2)),
      ),
    );
    const { preparation } = planPreparation(source, ['n', 'd', 'c', 'b', 'm']);
    expect(signatureInputs(source, preparation)).toEqual([
      { name: 'n', kind: 'number', tensor: 'numbers', index: 0, integers: true, range: [1, 99] },
      { name: 'd', kind: 'datetime', tensor: 'datetimes', index: 0, range: [day, 99 * day] },
      { name: 'c', kind: 'category', tensor: 'categories', index: 0, categories: ['a', 'b'] },
      { name: 'b', kind: 'boolean', tensor: 'numbers', index: 1, labels: ['no', 'yes'] },
      {
        name: 'm',
        kind: 'number',
        tensor: 'numbers',
        index: 2,
        integers: false,
        range: [expect.closeTo(0.995), expect.closeTo(49.505)],
      },
    ]);
  });
});
