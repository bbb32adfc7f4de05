import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { blobFolder, storeFailed } from '../core/helpers/blob-folder.ts';
import { readOnlyBlobs } from '../core/helpers/read-only-blobs.ts';
import { readJournal } from '../core/run-folder.ts';
import type { RunStore } from '../core/store.ts';

/** Thrown where a run would have to do something that its journal does not hold: it has not come that far. */
export class Unfinished extends Error {}

/**
 * Opens a run's folder to look at it: no lock is taken, and nothing is ever written.
 *
 * @throws {TrainerError} RUN_NOT_FOUND, JOURNAL_DAMAGED (with the record), FORMAT_VERSION, STORE_FAILED
 */
export async function openStoredRun(folder: string): Promise<RunStore> {
  const bytes = await readFile(join(folder, 'journal.jsonl')).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw storeFailed('read', cause);
    throw new TrainerError(
      'RUN_NOT_FOUND',
      `Expected a run in ${folder}, but there is no journal. Name the folder that train wrote.`,
      { cause },
    );
  });
  const { records } = readJournal(bytes);
  const first = records[0]?.body;
  if (first?.kind !== 'run')
    throw new TrainerError(
      'JOURNAL_DAMAGED',
      'Expected the journal to begin with the request, got something else. Start a new run.',
      {
        details: { record: 1 },
      },
    );
  return {
    runId: first.runId,
    folder,
    blobs: readOnlyBlobs(blobFolder(join(folder, 'blobs'))),
    records,
    append: () => Promise.reject(new Unfinished('The journal ends before the run did.')),
    close: () => Promise.resolve(),
  };
}
