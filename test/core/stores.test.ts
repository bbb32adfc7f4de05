import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStore, runFolder } from '../../src/core/file-store.ts';
import type { JournalBody } from '../../src/core/journal-record.ts';
import { memoryStore } from '../../src/core/memory-store.ts';
import { fileLedger, memoryLedger } from '../../src/core/vault-ledger.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stores-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (runId: string): JournalBody => ({
  kind: 'run',
  formatVersion: 1,
  runId,
  version: '0',
  time: 0,
  request: {},
});

describe('the memory store', () => {
  it('keeps a run in a folder that nobody else can read, and removes it when the run ends', async () => {
    const store = await memoryStore().create('a');
    expect((await stat(store.folder)).mode & 0o777).toBe(0o700);
    await store.blobs.put(new Uint8Array(10));
    await store.close(true);
    expect(existsSync(store.folder)).toBe(false);
  });

  it('keeps the folder of a run that is to be resumed', async () => {
    const memory = memoryStore();
    const store = await memory.create('a');
    await store.append(start('a'));
    await store.close(false);
    const again = await memory.open('a');
    expect(again.records).toHaveLength(1);
    await again.close(true);
    expect(existsSync(store.folder)).toBe(false);
    await expect(memory.open('a')).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      message:
        'Expected the id of a run that this store holds, got another. A memory store forgets a run when it ends; use fileStore(directory) to keep it.',
    });
  });

  it('refuses an id that is taken', async () => {
    const memory = memoryStore();
    const store = await memory.create('a');
    await expect(memory.create('a')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message:
        'Expected an id that no run of this store has, got one that is taken. Resume that run, or leave runId out.',
    });
    await store.close(true);
  });

  it('removes what is left when the process exits', () => {
    const script = join(folder, 'leave.mjs');
    const source = JSON.stringify(join(import.meta.dirname, '../../src/core/memory-store.ts'));
    buildSync({
      stdin: {
        contents: `import { memoryStore } from ${source};
          const memory = memoryStore();
          for (const id of ['a', 'b']) {
            const store = await memory.create(id);
            await store.blobs.put(new Uint8Array(10));
            console.log(store.folder);
          }
          process.exit(0);`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
    });
    const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    const folders = stdout.trim().split('\n');
    expect(folders).toHaveLength(2);
    for (const path of folders) {
      expect(path).toContain('traineragent-');
      expect(existsSync(path)).toBe(false);
    }
  });
});

describe('the file store', () => {
  it('keeps each run in a folder of its own', async () => {
    const files = fileStore(folder);
    const store = await files.create('a');
    await store.append(start('a'));
    await store.close(true);
    expect(existsSync(join(folder, 'a', 'journal.jsonl'))).toBe(true);
    const again = await fileStore(folder).open('a');
    expect(again.runId).toBe('a');
    await again.close(true);
  });

  it.each(['', '..', '../other', 'a/b', '.hidden', 'a\0b', 'x'.repeat(129)])(
    'takes no path for an id: %j',
    async (id) => {
      for (const make of [() => fileStore(folder).create(id), () => fileStore(folder).open(id)]) {
        await expect((async () => make())()).rejects.toMatchObject({
          code: 'REQUEST_INVALID',
          message: 'Expected a run id of letters, digits, ".", "_" and "-" (at most 128), got another text.',
        });
      }
    },
  );

  it('opens a run by its folder alone, whatever its id', async () => {
    const path = join(folder, 'run');
    const store = await runFolder(path).create('a');
    await store.append(start('a'));
    await store.close(true);
    const again = await runFolder(path).open('anything');
    expect(again.runId).toBe('a');
    await again.close(true);
  });
});

describe.each([
  ['memory', () => memoryLedger()],
  ['file', () => fileLedger(join(folder, 'deep', 'reads.txt'))],
])('the vault ledger in %s', (_, make) => {
  it('counts the other models that read the same rows before', async () => {
    const ledger = make();
    expect(await ledger.read('v1', 'm1')).toBe(0);
    expect(await ledger.read('v1', 'm2')).toBe(1);
    expect(await ledger.read('v1', 'm3')).toBe(2);
    expect(await ledger.read('v2', 'm1')).toBe(0);
  });

  it('does not count a read twice that a crash made the run repeat', async () => {
    const ledger = make();
    expect(await ledger.read('v1', 'm1')).toBe(0);
    expect(await ledger.read('v1', 'm1')).toBe(0);
    expect(await ledger.read('v1', 'm2')).toBe(1);
    expect(await ledger.read('v1', 'm2')).toBe(1);
  });
});

describe('the vault ledger in a file', () => {
  it('is remembered by the next process', async () => {
    await fileLedger(join(folder, 'reads.txt')).read('v1', 'm1');
    expect(await fileLedger(join(folder, 'reads.txt')).read('v1', 'm2')).toBe(1);
  });

  it('loses no read behind a line that a crash cut short', async () => {
    const path = join(folder, 'reads.txt');
    await fileLedger(path).read('v1', 'm1');
    await appendFile(path, 'v1 m');
    await fileLedger(path).read('v1', 'm2');
    expect((await readFile(path, 'utf8')).split('\n')).toContain('v1 m2');
    // Rather one read too many than one too few.
    expect(await fileLedger(path).read('v1', 'm3')).toBe(3);
  });

  it('says so where it can not be read', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(fileLedger(join(folder, 'file', 'reads.txt')).read('v', 'm')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: "Could not write the run's folder: a part of the path is a file and no folder; check the path.",
    });
  });
});
