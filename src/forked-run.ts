import { TrainerError } from './core/errors.ts';
import type { EventLog } from './core/event-log.ts';
import type { RunEvent } from './core/events.ts';
import { Run } from './core/run.ts';
import type { RunComparison } from './tools/report/compare-runs.ts';
import type { RunFacts } from './tools/report/report-facts.ts';
import type { TrainerOutcome } from './trainer-outcome.ts';

/** A run that takes one decision of another run another way. */
export class ForkedRun<Event = RunEvent> extends Run<TrainerOutcome, Event> {
  readonly #original: Promise<RunFacts | TrainerError>;

  constructor(
    id: string,
    log: EventLog,
    controller: AbortController,
    result: Promise<TrainerOutcome>,
    original: Promise<RunFacts | TrainerError>,
  ) {
    super(id, log, controller, result);
    this.#original = original;
  }

  /**
   * Waits for the end, and puts both runs side by side: decisions that differ, scores with intervals, cost, and how often
   * the test rows were read.
   *
   * @throws {TrainerError} what `result` rejects with; REQUEST_INVALID where the other run has not ended
   */
  async comparison(): Promise<RunComparison> {
    const { facts } = await this.result;
    const original = await this.#original;
    if (TrainerError.isInstance(original)) throw original;
    const { compareRuns } = await import('./tools/report/compare-runs.ts');
    return compareRuns(original, facts);
  }
}
