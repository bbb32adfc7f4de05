import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from './errors.ts';
import { storeFailed } from './helpers/blob-folder.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { JournalBody, Position } from './journal-record.ts';
import type { RunStore } from './store.ts';

/** Where a run was forked from, and what it answers there. */
export interface ForkOrigin {
  readonly runId: string;
  readonly at: Position;
  readonly answer: Json;
}

/** A decision to take another way. */
export interface ForkPoint {
  /** The question. */
  readonly at: string;
  readonly answer: Json;
  /** Which of several decisions of that question, from 0. */
  readonly occurrence: number;
}

/**
 * Writes the beginning of a new run from another one: its request and everything that was recorded before a decision. The
 * journal of the other run stays as it is, and blobs, which never change, are shared where the file system can.
 *
 * @throws {TrainerError} REQUEST_INVALID where the run took no such decision; STORE_FAILED
 */
export async function forkRun(
  from: RunStore,
  to: RunStore,
  point: ForkPoint,
  made: { readonly version: string; readonly time: number },
): Promise<void> {
  const bodies = from.records.map(({ body }) => body);
  const decision = decisionAt(bodies, point);
  const first = bodies[0];
  if (first?.kind !== 'run')
    throw new TrainerError(
      'JOURNAL_DAMAGED',
      'Expected the journal to begin with the request, got something else. Start a new run.',
    );
  const before = bodies.slice(1, bodies.indexOf(decision)).filter(({ kind }) => kind !== 'end');
  await shareBlobs(from, to);
  const fork: ForkOrigin = { runId: from.runId, at: decision.at, answer: point.answer };
  await to.append({ ...first, ...made, runId: to.runId, fork });
  for (const body of before) await to.append(body);
}

function decisionAt(bodies: readonly JournalBody[], { at, occurrence }: ForkPoint) {
  const decisions = bodies.filter((body) => body.kind === 'decision');
  const found = decisions.filter((body) => body.at.name === at);
  const decision = found[occurrence];
  if (decision !== undefined) return decision;
  const known = [...new Set(decisions.map((body) => body.at.name))].join(', ');
  throw new TrainerError(
    'REQUEST_INVALID',
    found.length > 0
      ? `Expected \`occurrence\` to be below ${found.length}, the times that the run decided "${at}", got ${occurrence}.`
      : `Expected \`at\` to be a question that the run has decided (${known}), got "${at}". A question that it still waits for is answered by resume.`,
    { details: { question: at, occurrence } },
  );
}

async function shareBlobs(from: RunStore, to: RunStore): Promise<void> {
  const [source, target] = [join(from.folder, 'blobs'), join(to.folder, 'blobs')];
  try {
    await mkdir(target, { recursive: true, mode: 0o700 });
    for (const name of await readdir(source)) {
      // Other names are files that are being written.
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      await link(join(source, name), join(target, name)).catch((error: NodeJS.ErrnoException) =>
        error.code === 'EEXIST' ? undefined : copyFile(join(source, name), join(target, name)),
      );
    }
  } catch (cause) {
    throw storeFailed('write', cause);
  }
}
