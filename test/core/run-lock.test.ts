import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/core/run-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const startOf = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]!;
};

async function withOtherProcess(use: (pid: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout!, 'data');
  try {
    await use(child.pid!);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

describe('the lock of a run', () => {
  it('is free again after its release, and leaves no file', async () => {
    const release = await takeLock(folder);
    expect(await readdir(folder)).toHaveLength(1);
    await release();
    expect(await readdir(folder)).toEqual([]);
    await (await takeLock(folder))();
  });

  it('is held against this process too, by whatever path the folder is named', async () => {
    const release = await takeLock(folder);
    const alias = `${folder}-alias`;
    await symlink(folder, alias);
    for (const path of [folder, `${folder}/.`, alias]) {
      await expect(takeLock(path)).rejects.toMatchObject({
        code: 'RUN_LOCKED',
        message: `Process ${process.pid} is working on this run. Wait for it, or end it and resume.`,
        details: { pid: process.pid },
      });
    }
    await rm(alias);
    await release();
  });

  it('is held by another process that lives, and free when that one is killed', async () => {
    let name = '';
    await withOtherProcess(async (pid) => {
      name = `lock-${pid}-${startOf(pid)}`;
      await writeFile(join(folder, name), '');
      await expect(takeLock(folder)).rejects.toMatchObject({
        code: 'RUN_LOCKED',
        message: `Process ${pid} is working on this run. Wait for it, or end it and resume.`,
      });
      expect(await readdir(folder)).toEqual([name]); // its own try is taken back, the other's lock is untouched
    });
    const release = await takeLock(folder);
    expect(await readdir(folder)).not.toContain(name);
    await release();
  });

  it('is free where the process id was given to another process since', async () => {
    await withOtherProcess(async (pid) => {
      await writeFile(join(folder, `lock-${pid}-1`), '');
      await (await takeLock(folder))();
    });
  });

  it('is held where the start of the other process is not known', async () => {
    await withOtherProcess(async (pid) => {
      await writeFile(join(folder, `lock-${pid}-`), '');
      await expect(takeLock(folder)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    });
  });

  it('is free where an earlier process had the id of this one', async () => {
    await writeFile(join(folder, `lock-${process.pid}-1`), '');
    await (await takeLock(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not disturbed by other files', async () => {
    for (const name of ['lock', 'lock-', 'lock-x-1', 'journal.jsonl']) await writeFile(join(folder, name), 'cut sho');
    await (await takeLock(folder))();
    expect((await readdir(folder)).sort()).toEqual(['journal.jsonl', 'lock', 'lock-', 'lock-x-1']);
  });

  it('says what is wrong where the folder is missing', async () => {
    await expect(takeLock(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message:
        "Could not lock the run's folder: a file or folder of it is missing; restore it from a copy, or start a new run.",
    });
  });

  it('is never held by two of several processes that take it at once, from a dead one', async () => {
    await writeFile(join(folder, 'lock-4194300-1'), ''); // beyond the greatest process id: dead
    const bundle = join(folder, 'take.mjs');
    const { build } = await import('esbuild');
    await build({
      stdin: {
        contents: `
          import { takeLock } from ${JSON.stringify(join(import.meta.dirname, '../../src/core/run-lock.ts'))};
          import { writeFileSync, rmSync } from 'node:fs';
          const folder = process.argv[2];
          let taken = 0, clashes = 0;
          for (let i = 0; i < 40; i++) {
            try {
              const release = await takeLock(folder);
              taken++;
              try { writeFileSync(folder + '/inside', '', { flag: 'wx' }); } catch { clashes++; }
              await new Promise((resolve) => setTimeout(resolve, 1));
              rmSync(folder + '/inside', { force: true });
              await release();
            } catch (error) { if (error.code !== 'RUN_LOCKED') throw error; }
          }
          console.log(JSON.stringify({ taken, clashes }));`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: bundle,
      logLevel: 'silent',
    });
    const results = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, [bundle, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
        let text = '';
        child.stdout!.on('data', (data) => {
          text += String(data);
        });
        await once(child, 'close');
        return JSON.parse(text) as { taken: number; clashes: number };
      }),
    );
    expect(results.reduce((sum, { clashes }) => sum + clashes, 0)).toBe(0);
    expect(results.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(0);
  });
});
