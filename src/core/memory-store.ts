import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainerError } from './errors.ts';
import { storeFailed } from './helpers/blob-folder.ts';
import { sha256 } from './helpers/hash.ts';
import { openRunFolder } from './run-folder.ts';
import type { RunStore, Store } from './store.ts';
import { memoryLedger } from './vault-ledger.ts';

const folders = new Set<string>();
let watching = false;
let swept: Promise<void> | undefined;

/** Before the id of the process that a folder belongs to: ids say nothing of other machines or containers. */
const prefix = `traineragent-run-${sha256(hostname()).slice(0, 8)}-`;

function removeOnExit(folder: string): void {
  folders.add(folder);
  if (watching) return;
  watching = true;
  const removeAll = () => {
    for (const left of folders) rmSync(left, { recursive: true, force: true });
    folders.clear();
  };
  process.once('exit', removeAll);
  // Of a signal that nobody else listens for, the process dies as it would have; hosts that end in order do so themselves.
  // First in line: listeners for one time are gone from the count once they have run.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = () => {
      if (process.listenerCount(signal) > 1) return;
      removeAll();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.prependListener(signal, onSignal);
  }
}

/** Removes what processes of this machine that were killed have left. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    // What another user has left can't be removed, and need not be.
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Keeps runs in temporary folders (mode 0700) that go when the run ends. A run that ended paused or aborted keeps its folder until it is
 * resumed in this process, or the process ends, also by a signal; what a killed process leaves, the next one removes.
 */
export function memoryStore(): Store {
  const byRun = new Map<string, string>();
  const temporary = (runId: string, folder: string, store: RunStore): RunStore => ({
    ...store,
    async close(ended) {
      await store.close(ended);
      if (!ended) return;
      byRun.delete(runId);
      folders.delete(folder);
      await rm(folder, { recursive: true, force: true });
    },
  });
  return {
    vaultLedger: memoryLedger(),
    async create(runId) {
      if (byRun.has(runId)) {
        throw new TrainerError(
          'STORE_FAILED',
          'Expected an id that no run of this store has, got one that is taken. Resume that run, or leave runId out.',
        );
      }
      swept ??= sweep(tmpdir());
      await swept;
      const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`)).catch((cause) =>
        Promise.reject(storeFailed('write', cause)),
      );
      removeOnExit(folder);
      byRun.set(runId, folder);
      return temporary(runId, folder, await openRunFolder(folder, { create: runId }));
    },
    async open(runId) {
      const folder = byRun.get(runId);
      if (folder === undefined) {
        throw new TrainerError(
          'RUN_NOT_FOUND',
          'Expected the id of a run that this store holds, got another. A memory store forgets a run when it ends; use fileStore(directory) to keep it.',
        );
      }
      return temporary(runId, folder, await openRunFolder(folder, { open: runId }));
    },
  };
}
