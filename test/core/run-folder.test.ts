import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrainerError } from '../../src/core/errors.ts';
import { canonicalJson } from '../../src/core/helpers/canonical-json.ts';
import { sha256 } from '../../src/core/helpers/hash.ts';
import type { JournalBody } from '../../src/core/journal-record.ts';
import { openRunFolder, readJournal } from '../../src/core/run-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start: JournalBody = {
  kind: 'run',
  formatVersion: 1,
  runId: 'r1',
  version: '0.1.0',
  time: 1,
  request: { prompt: 'Ä \u0007 "quoted"', seed: 0.30000000000000004 },
};
const message = (n: number): JournalBody => ({
  kind: 'message',
  stage: `s.${n}`,
  visit: 1,
  summary: 's',
  body: { n, tiny: 5e-324 },
});

async function write(bodies: readonly JournalBody[]): Promise<string> {
  const store = await openRunFolder(folder, { create: 'r1' });
  await Promise.all(bodies.map((body) => store.append(body)));
  await store.close(false);
  return join(folder, 'journal.jsonl');
}

async function reopen(): Promise<readonly JournalBody[]> {
  const store = await openRunFolder(folder, { open: 'r1' });
  await store.close(false);
  return store.records.map(({ body }) => body);
}

describe('a run folder', () => {
  it('gives back what was appended, in order, also when appends overlap', async () => {
    const bodies = [start, message(1), message(2), message(3)];
    await write(bodies);
    expect(await reopen()).toEqual(bodies);
  });

  it('numbers records from 1 and goes on after a reopening', async () => {
    await write([start]);
    const store = await openRunFolder(folder, { open: 'r1' });
    expect(await store.append(message(1))).toBe(2);
    await store.close(false);
    expect(await reopen()).toEqual([start, message(1)]);
  });

  it('is private: folder 0700, journal 0600', async () => {
    await rm(folder, { recursive: true });
    const path = await write([start]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([1, 10, 1000])(
    'drops a last line that a crash cut off %i bytes before its end, and writes on behind it',
    async (cut) => {
      const path = await write([start, message(1), { ...message(2), body: { long: 'x'.repeat(2000) } } as JournalBody]);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - cut));
      expect(await reopen()).toEqual([start, message(1)]);
      const store = await openRunFolder(folder, { open: 'r1' });
      await store.append(message(7));
      await store.close(false);
      expect(await reopen()).toEqual([start, message(1), message(7)]);
    },
  );

  it('finds no run in an empty folder', async () => {
    await expect(openRunFolder(folder, { open: 'r1' })).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      message: 'Expected a run in this folder, got none (no journal.jsonl). Check the path or the id.',
    });
  });

  it('never writes a new run into the folder of another', async () => {
    await write([start]);
    await expect(openRunFolder(folder, { create: 'r2' })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'Expected an empty folder for a new run, got one that holds a run. Name another folder.',
    });
  });

  it('does not open the folder of another run', async () => {
    await write([start]);
    await expect(openRunFolder(folder, { open: 'r2' })).rejects.toMatchObject({
      code: 'JOURNAL_DAMAGED',
      message: expect.stringContaining('record 1 to be as it was written, got the start of another run'),
    });
    expect(await reopen()).toEqual([start]); // and the lock is free again
  });

  it('names the folder, not the run, where it can not be read', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(openRunFolder(join(file, 'below'), { create: 'r1' })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: "Could not write the run's folder: a part of the path is a file and no folder; check the path.",
    });
  });
});

describe('a damaged journal', () => {
  const lines = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n');
  const damages: readonly (readonly [string, number, (lines: string[]) => string[]])[] = [
    ['a line taken out of the middle', 2, ([a, , c, d]) => [a!, c!, d!]],
    ['two lines swapped', 2, ([a, b, c, d]) => [a!, c!, b!, d!]],
    ['a line repeated', 3, ([a, b, c, d]) => [a!, b!, b!, c!, d!]],
    ['the first line gone', 1, ([, b, c, d]) => [b!, c!, d!]],
    ['a line cut in the middle', 3, ([a, b, c, d]) => [a!, b!, c!.slice(0, 40), d!]],
    ['another spelling of the same values', 2, ([a, b, c, d]) => [a!, b!.replace('"body":', '"body": '), c!, d!]],
    ['a changed value', 4, ([a, b, c, d]) => [a!, b!, c!, d!.replace('"n":3', '"n":4')]],
    ['a number that is infinite', 2, ([a, b, c, d]) => [a!, b!.replace('5e-324', '5e+324'), c!, d!]],
    ['a line that is null', 2, ([a, , c, d]) => [a!, 'null', c!, d!]],
    ['an empty line', 3, ([a, b, c, d]) => [a!, b!, '', c!, d!]],
  ];
  it.each(damages)('is refused with the number of the record: %s', async (_, record, damage) => {
    const path = await write([start, message(1), message(2), message(3)]);
    await writeFile(path, `${damage(await lines(path)).join('\n')}\n`);
    const error = await openRunFolder(folder, { open: 'r1' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'JOURNAL_DAMAGED',
      details: { record },
      message: expect.stringMatching(
        new RegExp(
          `^Expected journal record ${record} to be as it was written, got .*start a new one, or restore journal.jsonl from a copy\\.$`,
        ),
      ),
    });
  });

  it('is refused where any byte of a whole line is another', async () => {
    const path = await write([start, message(1), message(2)]);
    const bytes = await readFile(path);
    fc.assert(
      fc.property(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const flipped = Uint8Array.from(bytes);
        flipped[at]! ^= change;
        try {
          readJournal(flipped);
        } catch (error) {
          expect(TrainerError.isInstance(error) && error.code).toMatch(/^(JOURNAL_DAMAGED|FORMAT_VERSION)$/);
          return;
        }
        throw new Error(`The change of byte ${at} by ${change} was not seen.`);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('may only lose its last record by truncation, and never gives a wrong one', async () => {
    const path = await write([start, message(1), message(2)]);
    const bytes = await readFile(path);
    for (let length = 0; length <= bytes.length; length++) {
      const { records, wholeBytes } = readJournal(bytes.subarray(0, length));
      expect(records.map(({ body }) => body)).toEqual([start, message(1), message(2)].slice(0, records.length));
      expect(wholeBytes).toBeLessThanOrEqual(length);
    }
  });

  it('of a newer format says so', async () => {
    const body = canonicalJson({ ...start, formatVersion: 2 });
    const line = `{"record":1,"sum":"${sha256(`\n1\n${body}`).slice(0, 32)}","body":${body}}\n`;
    await appendFile(join(folder, 'journal.jsonl'), line);
    await expect(openRunFolder(folder, { open: 'r1' })).rejects.toMatchObject({
      code: 'FORMAT_VERSION',
      message: 'Expected a journal of format 1, got 2. Use the version of traineragent that wrote it, or a newer one.',
    });
  });
});
