import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storeFailed } from './helpers/blob-folder.ts';

/** Remembers, over the runs of a store, which models were judged on the same vault rows. */
export interface VaultLedger {
  /** How many other models read these rows before; then records this one (once). */
  read(vaultHash: string, modelHash: string): Promise<number>;
}

/** A ledger that lives as long as its store. */
export function memoryLedger(): VaultLedger {
  const reads = new Map<string, Set<string>>();
  return {
    async read(vaultHash, modelHash) {
      const models = reads.get(vaultHash) ?? new Set();
      reads.set(vaultHash, models);
      const before = models.has(modelHash) ? models.size - 1 : models.size;
      models.add(modelHash);
      return before;
    },
  };
}

/** A ledger in a file, one line a read. */
export function fileLedger(path: string): VaultLedger {
  return {
    async read(vaultHash, modelHash) {
      try {
        const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
          error.code === 'ENOENT' ? '' : Promise.reject(error),
        );
        const models = new Set(
          text
            .split('\n')
            .flatMap((line) => (line.startsWith(`${vaultHash} `) ? [line.slice(vaultHash.length + 1)] : [])),
        );
        if (models.has(modelHash)) return models.size - 1;
        await mkdir(dirname(path), { recursive: true });
        // A line that a crash cut short must not swallow this one.
        const start = text === '' || text.endsWith('\n') ? '' : '\n';
        await appendFile(path, `${start}${vaultHash} ${modelHash}\n`, { mode: 0o600 });
        return models.size;
      } catch (cause) {
        throw storeFailed('write', cause);
      }
    },
  };
}
