import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from './errors.ts';
import { storeFailed } from './helpers/blob-folder.ts';

/** When a process started, as the kernel counts it; tells a reused process id from the old one. Linux alone has it. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return ''; // no /proc on this system, or no such process: the process id alone decides
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return start === '' || now === '' || now === start;
}

const held = new Set<string>();
let names = 0;

/**
 * Takes the lock of a run's folder: a file with the process id, made by `link`, which fails where it exists. A lock whose
 * process is gone is moved away first (`rename` lets one of several takers win). Returns the release.
 *
 * @throws {TrainerError} RUN_LOCKED, STORE_FAILED
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const locked = (pid: number) =>
    new TrainerError('RUN_LOCKED', `Process ${pid} is working on this run. Wait for it, or end it and resume.`, {
      details: { pid },
    });
  if (held.has(path)) throw locked(process.pid);
  const own = join(folder, `.lock-${process.pid}-${names++}`);
  try {
    await writeFile(own, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }), { mode: 0o600 });
    for (let tries = 0; tries < 10; tries++) {
      try {
        await link(own, path);
        held.add(path);
        return async () => {
          held.delete(path);
          await rm(path, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const holder = parseHolder(text);
      if (holder !== undefined && holder.pid !== process.pid && isAlive(holder.pid, holder.start))
        throw locked(holder.pid);
      await rename(path, `${own}-stale`).catch(() => undefined);
      await rm(`${own}-stale`, { force: true });
    }
    throw new Error('EBUSY');
  } catch (error) {
    if (TrainerError.isInstance(error)) throw error;
    throw storeFailed('lock', error);
  } finally {
    await rm(own, { force: true }).catch(() => undefined);
  }
}

function parseHolder(text: string): { pid: number; start: string } | undefined {
  try {
    const { pid, start } = JSON.parse(text) as { pid?: unknown; start?: unknown };
    return typeof pid === 'number' && Number.isInteger(pid) && pid > 0
      ? { pid, start: typeof start === 'string' ? start : '' }
      : undefined;
  } catch {
    return undefined; // a lock cut short by a crash holds nobody
  }
}
