import { describe, expect, it } from 'vitest';
import type { DataRecord } from '../../src/core/request.ts';
import { spoolRecords } from '../../src/core/spool.ts';
import { fakeStore } from './fake-session.ts';

const never = new AbortController().signal;

async function spooled(records: Iterable<DataRecord> | AsyncIterable<DataRecord>): Promise<unknown[]> {
  const store = fakeStore();
  const text = Buffer.from(store.blobBytes.get(await spoolRecords(records, store.blobs, never))!).toString('utf8');
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
}

async function* slowly(records: readonly DataRecord[]) {
  for (const record of records) {
    await new Promise((resolve) => setImmediate(resolve));
    yield record;
  }
}

describe('records of a host', () => {
  const records = [{ a: 1, b: 'x\ny' }, { a: null }, {}, { b: 'ü' }];

  it.each<[string, () => Iterable<DataRecord> | AsyncIterable<DataRecord>]>([
    ['an array', () => records],
    ['a set', () => new Set(records)],
    ['a generator', () => records.values()],
    ['an async generator', () => slowly(records)],
  ])('are spooled from %s, in order', async (_, make) => {
    expect(await spooled(make())).toEqual(records);
  });

  it('are read once, and none is lost between pieces', async () => {
    const many = Array.from({ length: 40_000 }, (_, i) => ({ i, text: 'x'.repeat(50) }));
    expect(await spooled(many)).toEqual(many);
  });

  it('must be there', async () => {
    await expect(spooled([])).rejects.toMatchObject({
      code: 'DATA_EMPTY',
      message: 'Expected records, got none. Pass at least 20.',
    });
  });

  it('keep big integers, dates and not-a-number as JSON can', async () => {
    expect(await spooled([{ a: 12345678901234567890n, b: new Date(0), c: Number.NaN, d: undefined }])).toEqual([
      { a: '12345678901234567890', b: '1970-01-01T00:00:00.000Z', c: null },
    ]);
  });

  const circle: Record<string, unknown> = {};
  circle.self = circle;
  it.each<[unknown, string]>([
    [5, 'Expected record 2 to be an object of values by column, got number. Give each row as { column: value }.'],
    [null, 'Expected record 2 to be an object of values by column, got null. Give each row as { column: value }.'],
    [
      [1, 2],
      'Expected record 2 to be an object of values by column, got an array. Give each row as { column: value }.',
    ],
    [
      'secret',
      'Expected record 2 to be an object of values by column, got string. Give each row as { column: value }.',
    ],
    [
      { f: () => 1 },
      'Expected values that JSON can hold, got a function ("f") in record 2. Give texts, numbers, booleans, dates or null.',
    ],
    [
      { f: Symbol('secret') },
      'Expected values that JSON can hold, got a symbol ("f") in record 2. Give texts, numbers, booleans, dates or null.',
    ],
    [
      { f: Number.POSITIVE_INFINITY },
      'Expected values that JSON can hold, got infinity ("f") in record 2. Give texts, numbers, booleans, dates or null.',
    ],
    [
      circle,
      'Expected values that JSON can hold, got a value without a form in record 2. Give texts, numbers, booleans, dates or null.',
    ],
    [
      {
        get secret() {
          throw new Error('secret');
        },
      },
      'Expected values that JSON can hold, got a value without a form in record 2. Give texts, numbers, booleans, dates or null.',
    ],
    [
      new Date(0),
      'Expected values that JSON can hold, got an object that turns itself into something else in record 2. Give texts, numbers, booleans, dates or null.',
    ],
    [
      { toJSON: () => undefined },
      'Expected values that JSON can hold, got an object that turns itself into something else in record 2. Give texts, numbers, booleans, dates or null.',
    ],
  ])('that do not fit are named by number, without their values: %#', async (bad, message) => {
    for (const source of [[{}, bad as DataRecord], slowly([{}, bad as DataRecord])]) {
      await expect(spooled(source)).rejects.toMatchObject({ code: 'DATA_FORMAT', message, details: { row: 2 } });
    }
  });

  it('whose source throws are not taken for complete', async () => {
    const cause = new Error('secret: connection lost');
    const broken = (async function* () {
      yield {};
      throw cause;
    })();
    await expect(spooled(broken)).rejects.toMatchObject({
      code: 'DATA_NOT_READABLE',
      message:
        'Expected to read the records to their end, but the iterable threw after 1 records; the cause has its error. Mend what it reads from, and start again.',
      cause,
    });
  });

  it.each<[string, () => Iterable<DataRecord> | AsyncIterable<DataRecord>]>([
    [
      'never ends',
      function* () {
        for (;;) yield {};
      },
    ],
    [
      'never answers',
      async function* () {
        await new Promise(() => undefined);
      },
    ],
  ])('of a source that %s can be aborted', async (_, make) => {
    const controller = new AbortController();
    const spooling = spoolRecords(make(), fakeStore().blobs, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(spooling).rejects.toThrow('enough');
  });

  it('leave the event loop free while they are read', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const big = { text: 'x'.repeat(300) };
    await spooled(
      (function* () {
        for (let i = 0; i < 60_000; i++) yield big;
      })(),
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });
});
