import { appendFile, copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from './errors.ts';
import { storeFailed } from './helpers/blob-folder.ts';
import { openRunFolder } from './run-folder.ts';
import type { Store } from './store.ts';
import { fileLedger } from './vault-ledger.ts';

function checkedId(runId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(runId)) return runId;
  throw new TrainerError(
    'REQUEST_INVALID',
    'Expected a run id of letters, digits, ".", "_" and "-" (at most 128), got another text.',
  );
}

/** Keeps each run in a folder of its own below `directory`; a run can be resumed by any later process. */
export function fileStore(directory: string): Store {
  return {
    vaultLedger: fileLedger(join(directory, 'vault-reads.txt')),
    create: (runId) => openRunFolder(join(directory, checkedId(runId)), { create: runId }),
    open: (runId) => openRunFolder(join(directory, checkedId(runId)), { open: runId }),
  };
}

/** Keeps one run in exactly this folder, whatever its id; reads of the vault are remembered in `ledger`. */
export function runFolder(folder: string, ledger: string = join(folder, 'vault-reads.txt')): Store {
  return {
    vaultLedger: fileLedger(ledger),
    create: (runId) => openRunFolder(folder, { create: checkedId(runId) }),
    open: () => openRunFolder(folder, { open: undefined }),
  };
}

/**
 * Reads a run of one folder and keeps its fork in another. The ledger of the vault's reads is one file in both, where the
 * file system can share it, else a copy.
 */
export function forkFolder(from: string, to: string): Store {
  const name = 'vault-reads.txt';
  return {
    vaultLedger: fileLedger(join(to, name)),
    async create(runId) {
      const store = await openRunFolder(to, { create: checkedId(runId) });
      await shareFile(join(from, name), join(to, name));
      return store;
    },
    open: () => openRunFolder(from, { open: undefined }),
  };
}

async function shareFile(from: string, to: string): Promise<void> {
  try {
    // A run that never read its vault has no ledger; one that gets it now makes a file that both have.
    await appendFile(from, '', { mode: 0o600 });
    await link(from, to).catch(() => copyFile(from, to));
  } catch (cause) {
    throw storeFailed('write', cause);
  }
}
