import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { runSummary } from '../tools/report/summary.ts';
import { wantsColours } from './colours.ts';
import type { CliIo } from './command.ts';
import { endPanel } from './end-panel.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgress } from './progress.ts';
import { safeLines, safeText } from './safe-text.ts';
import type { CliRun } from './services.ts';
import { shellWord } from './shell-word.ts';
import { writeOutputs } from './write-outputs.ts';

/**
 * Shows a run until it ends, writes its files, prints the end panel (and the `--json` object), and gives the exit code.
 * The first SIGINT or SIGTERM aborts the run in an orderly way; the second ends the process as usual.
 */
export async function followRun(
  run: CliRun,
  options: {
    readonly io: CliIo;
    readonly folder: string;
    readonly json: boolean;
    /** What is shown behind the end panel, and stands beside it in the JSON object. */
    readonly behind?: () => Promise<{ readonly text: string; readonly json: object }>;
  },
): Promise<number> {
  const { io, folder, json } = options;
  const isTty = io.stderr.isTTY === true && io.environment.TERM !== 'dumb' && io.environment.CI === undefined;
  const colours = wantsColours(io.stderr.isTTY === true, io.environment);
  const progress = await createProgress(io.stderr, {
    isTty,
    colours,
    now: io.now,
    columns: () => io.stderr.columns ?? 80,
  });
  const stopListening = io.onSignal((signal) => {
    stopListening();
    run.abort(new Error(`Received ${signal}.`));
  });
  try {
    // The same failure comes through `result`, which is awaited below.
    const events = (async () => {
      for await (const event of run) progress.event(event);
    })().catch(() => undefined);
    const outcome = await run.result;
    await events;
    progress.end();
    const files = await writeOutputs(outcome, folder);
    io.stderr.write(endPanel(outcome.facts, files, { colours, cwd: io.cwd, columns: io.stderr.columns ?? 100 }));
    const behind = await options.behind?.();
    if (behind !== undefined) io.stderr.write(`\n${safeLines(behind.text)}`);
    if (json)
      io.stdout.write(`${JSON.stringify({ ...runSummary(outcome.facts, files.modelPath), ...behind?.json })}\n`);
    return exitCodes[outcome.status];
  } catch (error) {
    progress.end();
    if (isResumable(error) && (isAbort(error) || (await hasProgress(folder)))) {
      const place = relative(io.cwd, folder);
      io.stderr.write(
        `\nWhat was finished is kept. To go on:\n  traineragent resume ${shellWord(safeText(place === '' || place.startsWith('..') ? folder : place))}\n`,
      );
    }
    throw error;
  } finally {
    stopListening();
    progress.end();
  }
}

const notResumable: ReadonlySet<string> = new Set([
  'REQUEST_INVALID',
  'RUN_NOT_FOUND',
  'RUN_LOCKED',
  'JOURNAL_DAMAGED',
  'FORMAT_VERSION',
  'DATA_NOT_FOUND',
  'DATA_NOT_READABLE',
  'PEER_MISSING',
]);

/** Whether more than the request is in the journal of a run: without that, to resume is to begin again. */
export async function hasProgress(folder: string): Promise<boolean> {
  const journal = await readFile(join(folder, 'run', 'journal.jsonl'), 'utf8').catch(() => '');
  return journal.indexOf('\n') < journal.lastIndexOf('\n');
}

/** Its message promises that the run can be resumed, however early it was aborted. */
export const isAbort = (error: unknown): boolean => TrainerError.isInstance(error) && error.code === 'RUN_ABORTED';

const isResumable = (error: unknown): boolean => TrainerError.isInstance(error) && !notResumable.has(error.code);
