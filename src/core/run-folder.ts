import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from './errors.ts';
import { blobFolder, storeFailed } from './helpers/blob-folder.ts';
import { canonicalJson } from './helpers/canonical-json.ts';
import { sha256 } from './helpers/hash.ts';
import type { JournalBody, JournalRecord } from './journal-record.ts';
import { takeLock } from './run-lock.ts';
import type { RunStore } from './store.ts';

/** A record as its line, without the line's end. */
function lineOf(record: number, sum: string, body: string): string {
  return `{"record":${record},"sum":"${sum}","body":${body}}`;
}

/** Each record's checksum covers the one before it, so that a record can't be moved, left out in the middle or changed. */
function checksum(previous: string, record: number, body: string): string {
  return sha256(`${previous}\n${record}\n${body}`).slice(0, 32);
}

function damaged(record: number, why: string): TrainerError {
  return new TrainerError(
    'JOURNAL_DAMAGED',
    `Expected journal record ${record} to be as it was written, ${why}. The run can't be resumed; start a new one, or restore journal.jsonl from a copy.`,
    { details: { record } },
  );
}

/** The records of a journal file, and how many bytes of it are whole records: a last line without its end is a write cut by a crash. */
export function readJournal(bytes: Uint8Array): {
  readonly records: JournalRecord[];
  readonly wholeBytes: number;
  readonly last: string;
} {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: JournalRecord[] = [];
  let last = '';
  let from = 0;
  for (;;) {
    const end = text.indexOf(10, from);
    if (end < 0) break;
    const number = records.length + 1;
    const written = text.toString('utf8', from, end);
    let line: { body?: unknown };
    let canonical: string;
    try {
      line = JSON.parse(written) as typeof line;
      canonical = canonicalJson(line?.body ?? null); // throws for 1e999, which JSON.parse takes
    } catch {
      throw damaged(number, 'got a line that is no JSON');
    }
    if (line === null || typeof line !== 'object' || typeof line.body !== 'object' || line.body === null)
      throw damaged(number, 'got a line that is no record');
    const sum = checksum(last, number, canonical);
    // The whole line, and not the checksum alone: another spelling of the same values was not written by us either.
    if (written !== lineOf(number, sum, canonical)) throw damaged(number, 'got one that was altered or moved');
    const body = line.body as JournalBody;
    if (body.kind === 'run' && body.formatVersion !== 1) {
      throw new TrainerError(
        'FORMAT_VERSION',
        `Expected a journal of format 1, got ${String(body.formatVersion)}. Use the version of traineragent that wrote it, or a newer one.`,
      );
    }
    records.push({ record: number, body });
    last = sum;
    from = end + 1;
  }
  return { records, wholeBytes: from, last };
}

/**
 * Opens a run's folder: `journal.jsonl` (one record a line, a checksum each, synced before the append resolves), `blobs/`,
 * and `lock-…` while a process works on it.
 *
 * @throws {TrainerError} RUN_NOT_FOUND, RUN_LOCKED, JOURNAL_DAMAGED, FORMAT_VERSION, STORE_FAILED
 */
export async function openRunFolder(
  folder: string,
  mode: { readonly create: string } | { readonly open: string | undefined },
): Promise<RunStore> {
  const path = join(folder, 'journal.jsonl');
  const creating = 'create' in mode;
  if (creating)
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => Promise.reject(storeFailed('write', cause)));
  let bytes: Uint8Array = new Uint8Array(0);
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw storeFailed('read', cause);
    if (!creating)
      throw new TrainerError(
        'RUN_NOT_FOUND',
        `Expected a run in this folder, got none (no journal.jsonl). Check the path or the id.`,
        { cause },
      );
  }
  if (creating && bytes.length > 0)
    throw new TrainerError(
      'STORE_FAILED',
      'Expected an empty folder for a new run, got one that holds a run. Name another folder.',
    );
  const release = await takeLock(folder);
  try {
    // Read under the lock: what was read before it may have grown.
    if (!creating) bytes = await readFile(path);
    const journal = readJournal(bytes);
    const first = journal.records[0]?.body;
    if (!creating && first?.kind !== 'run') throw damaged(1, 'got none');
    const runId = creating ? mode.create : first?.kind === 'run' ? first.runId : '';
    if (!creating && mode.open !== undefined && mode.open !== runId) throw damaged(1, 'got the start of another run');
    if (journal.wholeBytes < bytes.length) await truncate(path, journal.wholeBytes);
    const file = await open(path, 'a', 0o600);
    let { last } = journal;
    let count = journal.records.length;
    let queue: Promise<unknown> = Promise.resolve();
    return {
      runId,
      folder,
      blobs: blobFolder(join(folder, 'blobs')),
      records: journal.records,
      append(body) {
        const write = queue.then(async () => {
          const text = canonicalJson(body);
          const sum = checksum(last, count + 1, text);
          try {
            await file.appendFile(`${lineOf(count + 1, sum, text)}\n`);
            await file.datasync();
          } catch (cause) {
            throw storeFailed('write', cause);
          }
          last = sum;
          count++;
          journal.records.push({ record: count, body });
          return count;
        });
        // A failed write may have left half a line: nothing may follow it, so the queue stays rejected.
        queue = write;
        queue.catch(() => undefined);
        return write;
      },
      async close() {
        await queue.catch(() => undefined);
        await file.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw TrainerError.isInstance(error) ? error : storeFailed('write', error);
  }
}
