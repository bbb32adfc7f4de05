import { readFileSync } from 'node:fs';
import { readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrainerError } from './errors.ts';
import { storeFailed } from './helpers/blob-folder.ts';

/** Times that takers who met each other try again. */
const maxTries = 5;

/**
 * State and start time of a process, as the kernel counts it; the start tells a reused process id from the old one.
 * Linux alone has them.
 */
function processFacts(pid: number): { readonly state: string; readonly start: string } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', start: fields[19] ?? '' };
  } catch {
    return { state: '', start: '' }; // no /proc on this system, or no such process: the process id alone decides
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = processFacts(pid);
  if (now.state === 'Z' || now.state === 'X') return false; // ended, but its parent has not looked yet
  return start === '' || now.start === '' || now.start === start;
}

const held = new Set<string>();

/**
 * Takes the lock of a run's folder. Each taker puts down an empty file of its own name, `lock-<process id>-<start>`, and
 * then looks for others: whoever sees a living one takes its own back. So two can never both hold it, a file of a dead
 * process can be removed by anyone at any time, and there is no content that a crash could cut short. Returns the
 * release.
 *
 * @throws {TrainerError} RUN_LOCKED, STORE_FAILED
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const locked = (pid: number) =>
    new TrainerError('RUN_LOCKED', `Process ${pid} is working on this run. Wait for it, or end it and resume.`, {
      details: { pid },
    });
  try {
    const ownName = `lock-${process.pid}-${processFacts(process.pid).start}`;
    const own = join(await realpath(folder), ownName);
    if (held.has(own)) throw locked(process.pid);
    held.add(own);
    const release = async () => {
      await rm(own, { force: true });
      held.delete(own);
    };
    try {
      for (let tries = 1; ; tries++) {
        await writeFile(own, '', { mode: 0o600 });
        const other = await livingHolder(folder, ownName);
        if (other === undefined) return release;
        await rm(own, { force: true });
        if (tries === maxTries) throw locked(other);
        // Two that met in the middle must not meet again: their process ids differ.
        await sleep(((process.pid * 7) % 11) * tries);
      }
    } catch (error) {
      await release().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw TrainerError.isInstance(error) ? error : storeFailed('lock', error);
  }
}

/** The process of another lock in the folder; locks of processes that are gone are removed. */
async function livingHolder(folder: string, ownName: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const match = /^lock-(\d+)-(\d*)$/.exec(name);
    if (match === null || name === ownName) continue;
    const pid = Number(match[1]);
    // A lock of this process id that is not its own name is from an earlier process of the same id.
    if (pid !== process.pid && isAlive(pid, match[2]!)) return pid;
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}
