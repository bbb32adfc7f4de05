import { afterAll, expect, it } from 'vitest';
import { scanKind } from '../../../../src/tools/data/csv/column-store.ts';
import { maxFieldBytes } from '../../../../src/tools/data/csv/parser-options.ts';
import { scanInThread } from '../../../../src/tools/data/csv/scan-in-thread.ts';
import { scratch } from '../scratch.ts';

const files = scratch();
afterAll(files.remove);

const task = (content: string) => ({
  source: { path: files.write(content) },
  range: { from: 0, to: Buffer.byteLength(content), isLast: true },
  options: {
    delimiter: 44,
    quote: 34,
    kinds: [scanKind.number, scanKind.codes],
    missing: [],
    capacity: 4,
    sampleBelow: 4294967296,
  },
});

// Reading falls back to one thread where none can be had, so that only this test sees whether threads work at all.
it('reads a range in a thread', async () => {
  const result = await scanInThread(task('1,a\n2,b\n,a\n'), undefined);
  expect(result).toMatchObject({ rowCount: 3, stoppedAt: 11, nulBytes: 0 });
  expect(result!.columns[0]!.values).toEqual(Float64Array.of(1, 2, 0));
  expect(result!.columns[1]!.texts).toMatchObject({ type: 'codes', dictionary: ['a', 'b'] });
});

it('brings typed errors out of the thread', async () => {
  await expect(scanInThread(task(`1,${'x'.repeat(maxFieldBytes + 1)}\n`), undefined)).rejects.toMatchObject({
    code: 'DATA_TOO_WIDE',
    details: { row: 1 },
  });
});

it('ends the thread when it is aborted', async () => {
  const controller = new AbortController();
  const reading = scanInThread(task('1,a\n'), controller.signal);
  controller.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});
