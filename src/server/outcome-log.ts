import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { storeFailed } from '../core/helpers/blob-folder.ts';
import type { LiveScores, OutcomeEntry } from '../tools/serve/live-score.ts';

/** What is written of predictions that wait and outcomes that came. */
export interface OutcomeLog {
  /** Takes an entry; it is written soon. */
  write(entry: OutcomeEntry): void;
  /** Writes what is left, and lets the folder go. */
  close(): Promise<void>;
}

/** How an outcome log is opened. */
export interface OutcomeLogOptions {
  readonly folder: string;
  /** What it holds is put back into these. */
  readonly scores: LiveScores;
  /** Takes the folder for this process, and gives what lets it go. */
  readonly lock: (folder: string) => Promise<() => Promise<void>>;
  /** Called once where nothing can be written any more; scores go on in memory. */
  readonly onProblem: (error: unknown) => void;
  /** Of a file, of which there are two. @default 32_000_000 */
  readonly maxBytes?: number;
}

/** Entries are written together, so that a crash loses no more than those of this time. */
const writeMs = 200;

/**
 * Predictions that wait and outcomes that came, in a folder of their own: an append-only file of JSON lines, and the one before it.
 * Classes, values and ids alone; no record. A file that is full becomes the one before, and the next begins with all scores.
 *
 * @throws {TrainerError} STORE_FAILED, RUN_LOCKED where another process has the folder
 */
export async function openOutcomeLog(options: OutcomeLogOptions): Promise<OutcomeLog> {
  const { folder, scores, lock, onProblem, maxBytes = 32_000_000 } = options;
  const [current, before] = [join(folder, 'outcomes.ndjson'), join(folder, 'outcomes-before.ndjson')];
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => Promise.reject(storeFailed('write', cause)));
  const unlock = await lock(folder);
  let file: FileHandle;
  let size = 0;
  let buffer: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let isOver = false;

  const begin = async (): Promise<void> => {
    file = await open(current, 'a', 0o600);
    ({ size } = await file.stat());
  };
  const append = async (text: string, start: readonly OutcomeEntry[]): Promise<void> => {
    await file.appendFile(text);
    size += Buffer.byteLength(text);
    if (size < maxBytes) return;
    await file.close();
    await rename(current, before);
    await begin();
    await file.appendFile(linesOf(start));
    ({ size } = await file.stat());
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const entries = buffer;
    buffer = [];
    // As they are with these entries, and without any that comes while they are written.
    const sums = scores.snapshot();
    if (entries.length > 0)
      turn = turn.then(async () => {
        if (isOver) return;
        try {
          await append(entries.join(''), sums);
        } catch (cause) {
          isOver = true;
          onProblem(storeFailed('write', cause));
        }
      });
    return turn;
  };

  try {
    for (const path of [before, current]) await replay(path, scores);
    await begin();
    // A line that a crash cut short must not be joined with the next.
    if (size > 0) await append('\n', scores.snapshot());
  } catch (cause) {
    await unlock();
    throw storeFailed('read', cause);
  }
  return {
    write(entry) {
      if (isOver) return;
      buffer.push(linesOf([entry]));
      timer ??= setTimeout(flush, writeMs).unref();
    },
    async close() {
      await flush();
      isOver = true;
      await file.close().catch(() => undefined);
      await unlock();
    },
  };
}

const linesOf = (entries: readonly OutcomeEntry[]): string =>
  entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

/** Puts the entries of a file back; lines that are none are passed over. */
async function replay(path: string, scores: LiveScores): Promise<void> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw cause;
  });
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      scores.replay(JSON.parse(line) as OutcomeEntry);
    } catch {
      // Cut short by a crash, or altered: nothing that a score could be made of.
    }
  }
}
