import type { EventLog } from './event-log.ts';
import type { RunEvent } from './events.ts';

/**
 * A run under way: iterate it for its events (each reader from `run-start`), await `result`, or abort it.
 *
 * @example
 * for await (const event of run) console.log(event.type);
 */
export class Run<Outcome, Event = RunEvent> implements AsyncIterable<Event> {
  /** Known at once; pass it to `trainer.resume`. */
  readonly id: string;
  /** How it ended. Rejects with a `TrainerError` on failure and abort; never causes an unhandled rejection. */
  readonly result: Promise<Outcome>;
  readonly #log: EventLog;
  readonly #controller: AbortController;

  constructor(id: string, log: EventLog, controller: AbortController, result: Promise<Outcome>) {
    this.id = id;
    this.result = result;
    this.#log = log;
    this.#controller = controller;
    result.catch(() => undefined);
  }

  /** Ends the run soon (the process that trains is killed); what was finished is kept, and the run can be resumed. */
  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void, void> {
    // The questions of a run are those of its trainer's agents, so its events are of their types.
    return this.#log.read() as AsyncGenerator<Event, void, void>;
  }
}
