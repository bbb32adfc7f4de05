import { describe, expect, it } from 'vitest';
import { inferFormat } from '../../../../src/tools/data/columns/infer-format.ts';
import { parseDatetime } from '../../../../src/tools/data/columns/parse-datetime.ts';
import { parseNumberText } from '../../../../src/tools/data/columns/parse-number.ts';
import { parseText, parseValue } from '../../../../src/tools/data/columns/parse-value.ts';
import { TextBuilder } from '../../../../src/tools/data/columns/text-builder.ts';
import { viewTexts } from '../../../../src/tools/data/columns/texts.ts';

const infer = (texts: readonly string[]) => {
  const builder = new TextBuilder();
  for (const text of texts) builder.push(text);
  return inferFormat(viewTexts(builder.finish(), texts.length, []));
};

describe('numbers', () => {
  it.each<[string, '.' | ',', number | undefined, string?]>([
    ['1234.5', '.', 1234.5],
    ['1,234.5', '.', 1234.5],
    ['1,234,567', '.', 1234567],
    ['1.234,56', ',', 1234.56],
    ['1 234,56', ',', 1234.56],
    ["1'234.56", '.', 1234.56],
    ['-12', '.', -12],
    ['−12', '.', -12],
    ['+12', '.', 12],
    ['(1,234.50)', '.', -1234.5],
    ['1,234 €', '.', 1234, '€'],
    ['€1,234.50', '.', 1234.5, '€'],
    ['-$5', '.', -5, '$'],
    ['USD 12', '.', 12, 'USD'],
    ['12 kg', '.', 12, 'kg'],
    ['45%', '.', 45, '%'],
    ['3 bed rooms', '.', 3, 'bed rooms'],
    ['1.5e-3', '.', 0.0015],
    ['.5', '.', 0.5],
    ['01234', '.', undefined],
    ['0x1F', '.', undefined],
    ['1,23', '.', undefined],
    ['1.23.4', '.', undefined],
    ['12,34,567', '.', undefined],
    ['A12', '.', undefined],
    ['1e999', '.', undefined],
    ['Infinity', '.', undefined],
    ['12-13', '.', undefined],
    ['', '.', undefined],
  ])('reads "%s" with "%s" as %s', (text, decimal, value, unit = '') => {
    expect(parseNumberText(text, decimal)).toEqual(value === undefined ? undefined : { value, unit });
  });
});

describe('dates', () => {
  it.each<[string, 'ymd' | 'dmy' | 'mdy', string | undefined]>([
    ['2020-02-29', 'ymd', '2020-02-29T00:00:00.000Z'],
    ['2021-02-29', 'ymd', undefined],
    ['2020-02', 'ymd', '2020-02-01T00:00:00.000Z'],
    ['2020/3/4', 'ymd', '2020-03-04T00:00:00.000Z'],
    ['2020-01-02T03:04:05.678Z', 'ymd', '2020-01-02T03:04:05.678Z'],
    ['2020-01-02 03:04', 'ymd', '2020-01-02T03:04:00.000Z'],
    ['2020-01-02T03:04:05+02:00', 'ymd', '2020-01-02T01:04:05.000Z'],
    ['2020-01-02T03:04:05.123456789-0530', 'ymd', '2020-01-02T08:34:05.123Z'],
    ['2020-01-02 25:00', 'ymd', undefined],
    ['31.12.2020', 'dmy', '2020-12-31T00:00:00.000Z'],
    ['1/2/2020', 'dmy', '2020-02-01T00:00:00.000Z'],
    ['1/2/2020', 'mdy', '2020-01-02T00:00:00.000Z'],
    ['1/2/20 1:05 PM', 'mdy', '2020-01-02T13:05:00.000Z'],
    ['12/31/69', 'mdy', '2069-12-31T00:00:00.000Z'],
    ['12/31/70', 'mdy', '1970-12-31T00:00:00.000Z'],
    ['13/1/2020', 'mdy', undefined],
    ['5 March 2020', 'ymd', '2020-03-05T00:00:00.000Z'],
    ['Mar 5, 2020', 'ymd', '2020-03-05T00:00:00.000Z'],
    ['Thu, 05 Mar 2020 10:00:00 GMT', 'ymd', '2020-03-05T10:00:00.000Z'],
    ['1600-02-29', 'ymd', '1600-02-29T00:00:00.000Z'],
    ['1/2/2020', 'ymd', undefined],
    ['12:30', 'ymd', undefined],
  ])('reads "%s" as %s: %s', (text, order, iso) => {
    const ms = parseDatetime(text, order);
    expect(Number.isNaN(ms) ? undefined : new Date(ms).toISOString()).toBe(iso);
  });

  it('agrees with the platform on every day of 800 years', () => {
    for (let ms = Date.UTC(1700, 0, 1); ms < Date.UTC(2500, 0, 1); ms += 86_400_000) {
      const iso = new Date(ms).toISOString().slice(0, 10);
      if (parseDatetime(iso, 'ymd') !== ms) expect.fail(iso);
    }
  });
});

describe('the kind of a column', () => {
  const many = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i));
  it.each<[string, readonly string[], object]>([
    ['numbers', ['1', '2.5', ''], { kind: 'number', decimal: '.' }],
    ['numbers with decimal commas', ['1,5', '2,25', '1.000'], { kind: 'number', decimal: ',' }],
    ['numbers with both separators', ['1,234.50', '12.00'], { kind: 'number', decimal: '.' }],
    ['amounts of money', ['1.234,56 €', '7,00 €'], { kind: 'number', decimal: ',', unit: '€' }],
    ['zeros and ones', ['0', '1', '1'], { kind: 'number', decimal: '.' }],
    ['postal codes', ['01234', '90210', '10115'], { kind: 'category' }],
    ['units that differ', ['12 kg', '300 g', '1 kg'], { kind: 'category' }],
    ['yes and no', ['Yes', 'No', 'NA', 'yes', 'Yes'], { kind: 'boolean', labels: ['No', 'Yes'] }],
    ['only true', ['TRUE', 'TRUE'], { kind: 'boolean', labels: ['FALSE', 'TRUE'] }],
    ['only the letter t', ['t', 't'], { kind: 'category' }],
    ['ISO dates', ['2020-01-02', '2020-12-31'], { kind: 'datetime', order: 'ymd' }],
    ['dates with the day first', ['01/02/2020', '13/02/2020'], { kind: 'datetime', order: 'dmy' }],
    ['dates with the month first', ['01/02/2020', '02/13/2020'], { kind: 'datetime', order: 'mdy' }],
    ['German dates without evidence', ['01.02.2020', '03.04.2020'], { kind: 'datetime', order: 'dmy' }],
    ['slashed dates without evidence', ['01/02/2020', '03/04/2020'], { kind: 'datetime', order: 'mdy' }],
    ['few distinct words', ['a', 'b', 'a'], { kind: 'category' }],
    ['names', many(200, (i) => `name ${i}`), { kind: 'text' }],
    ['long texts', ['x'.repeat(200), 'y'], { kind: 'text' }],
    ['nothing at all', ['', 'NA', '?'], { kind: 'category' }],
    ['numbers with one word in 300', [...many(300, String), 'about 5'], { kind: 'number', decimal: '.' }],
    ['numbers with three words in 300', [...many(300, String), 'a', 'b', 'c'], { kind: 'text' }],
  ])('is inferred for %s', (_name, texts, format) => {
    expect(infer(texts).format).toEqual(format);
  });

  it.each<[string, readonly string[], string]>([
    ['a date order without evidence', ['01/02/2020', '03/04/2020'], 'the month is taken as first'],
    ['dates in mixed order', ['13/02/2020', '02/13/2020', '14/02/2020'], 'are mixed'],
    ['a comma without evidence', ['1,234', '5,678'], 'a comma is read as a thousands separator'],
  ])('comes with a note for %s', (_name, texts, note) => {
    expect(infer(texts).notes).toEqual([expect.stringContaining(note)]);
  });

  it('does not depend on the order of the values', () => {
    const texts = many(300, (i) => (i % 100 === 3 ? 'x' : `${i},5`));
    expect(infer([...texts].reverse())).toEqual(infer(texts));
  });
});

describe('a value of a record', () => {
  const number = { kind: 'number', decimal: ',', unit: '€' } as const;
  it.each<[unknown, Parameters<typeof parseValue>[1], unknown]>([
    [12.5, number, 12.5],
    ['1.012,50 €', number, 1012.5],
    ['12', number, undefined],
    ['n/a', number, null],
    [null, number, null],
    [Number.NaN, number, null],
    [Number.POSITIVE_INFINITY, number, undefined],
    [true, { kind: 'boolean', labels: ['no', 'yes'] }, 1],
    ['NO', { kind: 'boolean', labels: ['no', 'yes'] }, 0],
    ['maybe', { kind: 'boolean', labels: ['no', 'yes'] }, undefined],
    [new Date(5), { kind: 'datetime', order: 'ymd' }, 5],
    ['1970-01-01T00:00:01Z', { kind: 'datetime', order: 'ymd' }, 1000],
    [' red ', { kind: 'category' }, 'red'],
    [3, { kind: 'category' }, '3'],
    [' as it is ', { kind: 'text' }, ' as it is '],
    ['gone', { kind: 'text', missing: ['gone'] }, null],
  ])('%j by %j is %j', (value, format, expected) => {
    expect(parseValue(value, format)).toBe(expected);
  });

  it('is missing in all its spellings', () => {
    for (const text of [
      '',
      ' ',
      'NA',
      'N/A',
      'n/a',
      'NaN',
      'null',
      'NULL',
      'None',
      '-',
      '--',
      '?',
      '#N/A',
      'missing',
      '.',
    ]) {
      expect(parseText(text, { kind: 'category' })).toBeNull();
    }
  });
});
