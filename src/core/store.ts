import type { Blobs } from './helpers/blobs.ts';
import type { JournalBody, JournalRecord } from './journal-record.ts';
import type { VaultLedger } from './vault-ledger.ts';

/** The journal and the blobs of one run, held by this process alone until `close`. */
export interface RunStore {
  readonly runId: string;
  /** The folder that child processes share. */
  readonly folder: string;
  readonly blobs: Blobs;
  /** What is in the journal, in order; it grows with each append. */
  readonly records: readonly JournalRecord[];
  /**
   * Appends a record; it is on disk when the promise resolves.
   *
   * @throws {TrainerError} STORE_FAILED
   */
  append(body: JournalBody): Promise<number>;
  /** Releases the lock. `ended` says that nothing will resume this run (a temporary store removes its folder then). */
  close(ended: boolean): Promise<void>;
}

/** Where runs are kept. */
export interface Store {
  /** Which models were judged on which vault rows, over all runs of this store. */
  readonly vaultLedger: VaultLedger;
  /** @throws {TrainerError} STORE_FAILED, RUN_LOCKED */
  create(runId: string): Promise<RunStore>;
  /** @throws {TrainerError} RUN_NOT_FOUND, RUN_LOCKED, JOURNAL_DAMAGED, FORMAT_VERSION */
  open(runId: string): Promise<RunStore>;
}
