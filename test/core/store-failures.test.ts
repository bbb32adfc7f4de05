import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { blobFolder } from '../../src/core/helpers/blob-folder.ts';
import type { JournalBody } from '../../src/core/journal-record.ts';
import { openRunFolder } from '../../src/core/run-folder.ts';
import { fileLedger } from '../../src/core/vault-ledger.ts';

/** The next file system calls of these names fail with this code; a write leaves half of its bytes, as a full disk does. */
const failing = vi.hoisted(() => ({ code: undefined as string | undefined, calls: new Set<string>() }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const fail = (name: string) => {
    if (failing.code === undefined || !failing.calls.has(name)) return;
    throw Object.assign(new Error(`${failing.code}: no luck`), { code: failing.code });
  };
  return {
    ...real,
    async mkdir(...args: Parameters<typeof real.mkdir>) {
      fail('mkdir');
      return real.mkdir(...args);
    },
    async appendFile(...args: Parameters<typeof real.appendFile>) {
      fail('appendFile');
      return real.appendFile(...args);
    },
    async open(...args: Parameters<typeof real.open>) {
      const file = await real.open(...args);
      const write = file.appendFile.bind(file);
      const sync = file.datasync.bind(file);
      file.appendFile = file.writeFile = async (data) => {
        if (failing.calls.has('write') && failing.code !== undefined) {
          const bytes = Buffer.from(data as Uint8Array);
          await write(bytes.subarray(0, bytes.length >> 1));
          fail('write');
        }
        return write(data);
      };
      file.datasync = async () => {
        fail('datasync');
        return sync();
      };
      return file;
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'failures-'));
});
afterEach(() => {
  failing.code = undefined;
  failing.calls.clear();
  rmSync(folder, { recursive: true, force: true });
});

const start: JournalBody = { kind: 'run', formatVersion: 1, runId: 'r', version: '0', time: 0, request: {} };
const message: JournalBody = { kind: 'message', stage: 's', visit: 1, summary: 's', body: { text: 'x'.repeat(100) } };

const reasons = [
  ['ENOSPC', 'the disk is full; free space and resume the run'],
  ['EDQUOT', 'the disk is full; free space and resume the run'],
  ['EACCES', 'no permission; check the owner and mode of the folder'],
  ['EROFS', 'no permission; check the owner and mode of the folder'],
  ['EIO', 'the system says EIO; check the path and the device, and try again'],
] as const;

describe('a store that can not write', () => {
  it.each(reasons)('says why the journal stopped at %s, and keeps what was whole', async (code, why) => {
    const store = await openRunFolder(folder, { create: 'r' });
    await store.append(start);
    failing.code = code;
    failing.calls.add('write');
    const failed = { code: 'STORE_FAILED', message: `Could not write the run's folder: ${why}.`, details: { code } };
    await expect(store.append(message)).rejects.toMatchObject(failed);
    failing.code = undefined;
    // Half a line is on the disk: nothing may follow it, though there is space again.
    await expect(store.append(message)).rejects.toMatchObject(failed);
    await store.close(false);
    const again = await openRunFolder(folder, { open: 'r' });
    expect(again.records.map(({ body }) => body)).toEqual([start]);
    expect(await again.append(message)).toBe(2);
    await again.close(false);
  });

  it('says so where the bytes do not reach the disk', async () => {
    const store = await openRunFolder(folder, { create: 'r' });
    failing.code = 'EIO';
    failing.calls.add('datasync');
    await expect(store.append(start)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await store.close(false);
  });

  it.each(reasons)('leaves no half of a blob behind at %s', async (code, why) => {
    failing.code = code;
    failing.calls.add('write');
    const blobs = blobFolder(folder);
    const bytes = new Uint8Array(1000).fill(1);
    await expect(blobs.put(bytes)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: `Could not write the run's folder: ${why}.`,
    });
    expect(await readdir(folder)).toEqual([]);
    failing.code = undefined;
    expect(await blobs.has(await blobs.put(bytes))).toBe(true);
  });

  it('says so where its folder can not be made', async () => {
    await rm(folder, { recursive: true });
    failing.code = 'EACCES';
    failing.calls.add('mkdir');
    await expect(openRunFolder(folder, { create: 'r' })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: "Could not write the run's folder: no permission; check the owner and mode of the folder.",
    });
  });

  it('does not read the vault where the read can not be remembered', async () => {
    failing.code = 'ENOSPC';
    failing.calls.add('appendFile');
    await expect(fileLedger(join(folder, 'reads.txt')).read('v', 'm')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
