import type { Agent, RunEvent, RunRequest, TrainerOptions, TrainerOutcome } from '../../src/index.ts';
import { Trainer, TrainerError } from '../../src/index.ts';

/** One row of the sample: the label follows from x and y, and colour says nothing. */
export interface SampleRow {
  readonly x: number;
  readonly y: number;
  readonly colour: string;
  readonly label: string;
}

/** Rows that a linear model learns almost without error; the same on every call. */
export function sampleRows(count = 120): SampleRow[] {
  return Array.from({ length: count }, (_, i) => {
    const x = ((i * 37) % 101) / 10;
    const y = ((i * 53) % 97) / 7;
    return { x, y, colour: ['red', 'blue', 'green'][i % 3]!, label: x + y + ((i % 7) - 3) / 4 > 12 ? 'yes' : 'no' };
  });
}

/** Rows as CSV, with a line's end behind the last. */
export function csvOf(rows: readonly object[]): string {
  const lines = rows.map((row) => Object.values(row).join(','));
  return `${[Object.keys(rows[0]!).join(','), ...lines].join('\n')}\n`;
}

/** A request that takes about a second: linear models alone, on a small budget. */
export function quickRequest(request: Partial<RunRequest> = {}): RunRequest {
  return {
    prompt: 'Predict the label',
    data: sampleRows(),
    budget: { workUnits: 200 },
    ...request,
    answers: { 'model.candidates': { learners: ['linear'] }, ...request.answers },
  };
}

/** The plan of one learner, on folds of its own number. */
export const planOf = (
  learner: 'linear' | 'network',
  budget: 'quick' | 'normal',
  folds: number,
  by: 'strata' | 'random' = 'strata',
) =>
  ({
    formatVersion: 1,
    budget,
    steps: [
      { agent: 'data', step: 'split', by, vault: true, folds, repeats: 1, why: 'So many are enough.' },
      { agent: 'data', step: 'clean', why: 'As always.' },
      { agent: 'model', step: 'baseline', why: 'As always.' },
      { agent: 'model', step: learner, trials: 1, why: 'It is what is tested.' },
    ],
  }) as const;

/** Answers by which one network is all that is tried, on two folds. */
export const networkAnswers = {
  'model.candidates': { learners: ['network'] },
  'task.plan': planOf('network', 'normal', 2),
} satisfies RunRequest['answers'];

/** A run with its events, to its end. */
export async function finished(
  request: RunRequest,
  options: TrainerOptions = {},
  before: (trainer: Trainer<readonly Agent[], readonly URL[]>) => void = () => undefined,
): Promise<{ readonly events: readonly RunEvent[]; readonly outcome?: TrainerOutcome; readonly error?: unknown }> {
  const trainer = new Trainer(options);
  before(trainer);
  const run = trainer.run(request);
  const events: RunEvent[] = [];
  try {
    for await (const event of run) events.push(event);
  } catch {
    // The result rejects with the same error.
  }
  return run.result.then(
    (outcome) => ({ events, outcome }),
    (error: unknown) => ({ events, error }),
  );
}

/** The outcome of a run that must not fail. */
export async function outcomeOf(request: RunRequest, options: TrainerOptions = {}): Promise<TrainerOutcome> {
  return new Trainer(options).run(request).result;
}

/** The error of a run that must fail, as code and message. */
export async function failureOf(
  request: RunRequest,
  options: TrainerOptions = {},
): Promise<{ readonly code: string; readonly message: string }> {
  const { error, outcome } = await finished(request, options);
  if (!TrainerError.isInstance(error)) {
    throw new Error(`Expected a TrainerError, got ${outcome === undefined ? String(error) : outcome.status}.`);
  }
  return { code: error.code, message: error.message };
}

/** A complete outcome, or the failure of the test. */
export function complete(outcome: TrainerOutcome | undefined): Extract<TrainerOutcome, { status: 'complete' }> {
  if (outcome?.status === 'complete') return outcome;
  const verdict = outcome?.status === 'declined' ? JSON.stringify(outcome.verdict) : '';
  throw new Error(`Expected a complete run, got ${outcome?.status ?? 'an error'} ${verdict}`);
}
