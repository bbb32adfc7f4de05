import { describe, expect, it } from 'vitest';
import { BodyBuffer } from '../../src/server/body-buffer.ts';

describe('a body in parts', () => {
  it.each([
    ['one part', [100]],
    ['parts that grow', [1, 2, 3, 600, 400]],
    ['many parts', Array<number>(19).fill(512)],
    ['an empty part among others', [10, 0, 10]],
    ['as much as is allowed', [5000, 5000]],
  ])('of %s is what was sent', (_, lengths) => {
    const sent = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
    const copies = sent.map((part) => part.slice());
    const body = new BodyBuffer(10_000);
    for (const part of sent) expect(body.add(part)).toBe(true);
    expect(Buffer.from(body.bytes).equals(Buffer.concat(copies))).toBe(true);
    // What came belongs to whoever sent it.
    expect(sent).toEqual(copies);
  });

  it.each([
    ['one part of a byte more', [10_001]],
    ['two parts', [5000, 5001]],
    ['chunks of one byte, for their number', Array<number>(30).fill(1)],
    ['chunks of no byte, for their number', [1, ...Array<number>(30).fill(0)]],
  ])('of %s is too much', (_, lengths) => {
    const body = new BodyBuffer(10_000);
    expect(lengths.map((length) => body.add(new Uint8Array(length))).at(-1)).toBe(false);
  });

  it('of nothing is nothing', () => {
    expect(new BodyBuffer(10).bytes).toHaveLength(0);
  });
});
