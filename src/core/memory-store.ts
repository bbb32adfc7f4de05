import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainerError } from './errors.ts';
import { storeFailed } from './helpers/blob-folder.ts';
import { openRunFolder } from './run-folder.ts';
import type { RunStore, Store } from './store.ts';
import { memoryLedger } from './vault-ledger.ts';

const folders = new Set<string>();
let watching = false;

function removeOnExit(folder: string): void {
  folders.add(folder);
  if (watching) return;
  watching = true;
  process.once('exit', () => {
    for (const left of folders) rmSync(left, { recursive: true, force: true });
  });
}

/**
 * Keeps runs in temporary folders (mode 0700) that go when the run ends. A run that ended paused or aborted keeps its folder until it is
 * resumed in this process, or the process exits.
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
      const folder = await mkdtemp(join(tmpdir(), 'traineragent-')).catch((cause) =>
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
