import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobFolder } from '../../../src/core/helpers/blob-folder.ts';
import { sha256 } from '../../../src/core/helpers/hash.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a blob folder', () => {
  it('names bytes by their SHA-256, in one part or many', async () => {
    const blobs = blobFolder(join(folder, 'made-when-needed'));
    const bytes = new TextEncoder().encode('one two');
    const hash = await blobs.put(bytes);
    expect(hash).toBe(sha256('one two'));
    expect(await blobs.put([bytes.subarray(0, 3), bytes.subarray(3)])).toBe(hash);
    expect(new Uint8Array(await blobs.get(hash))).toEqual(bytes);
    expect(await blobs.has(hash)).toBe(true);
    expect(await blobs.has(sha256('other'))).toBe(false);
    expect(await readdir(join(folder, 'made-when-needed'))).toEqual([hash]);
    expect((await stat(join(folder, 'made-when-needed', hash))).mode & 0o777).toBe(0o600);
  });

  it('puts the same bytes twice at once', async () => {
    const blobs = blobFolder(folder);
    const bytes = new Uint8Array(100_000).fill(7);
    const hashes = await Promise.all([blobs.put(bytes), blobs.put(bytes), blobs.put(bytes)]);
    expect(new Set(hashes).size).toBe(1);
    expect(await readdir(folder)).toEqual([hashes[0]]);
  });

  it('refuses bytes that are not those of their name', async () => {
    const blobs = blobFolder(folder);
    const hash = await blobs.put(new TextEncoder().encode('what was measured'));
    await writeFile(join(folder, hash), 'what was measurEd');
    await expect(blobs.get(hash)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: `Expected blob ${hash.slice(0, 12)} to have the bytes of its name, got others: the file was altered. Start a new run.`,
    });
  });

  it('says that a blob is missing', async () => {
    await expect(blobFolder(folder).get(sha256('never put'))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message:
        "Could not read the run's folder: a file or folder of it is missing; restore it from a copy, or start a new run.",
    });
  });

  it('takes nothing but a hash for a name', async () => {
    await expect(blobFolder(folder).get('../../etc/passwd')).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(
      await blobFolder(folder)
        .has('..')
        .catch((error: unknown) => error),
    ).toMatchObject({ code: 'INTERNAL' });
  });
});
