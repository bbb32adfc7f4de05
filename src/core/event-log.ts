import type { RunEvent } from './events.ts';

/** Progress events that are kept for readers that have not come to them yet. */
const keptProgress = 256;

/**
 * The events of a run for any number of readers, each from the start. All are kept but progress: of those the last 256,
 * and a reader that comes later is told how many it missed.
 */
export class EventLog {
  readonly #events: RunEvent[] = [];
  #progress = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void)[] = [];

  push(event: RunEvent): void {
    if (this.#ended) return;
    this.#events.push(event);
    if (event.type === 'stage-progress' && ++this.#progress > 2 * keptProgress) this.#forget();
    this.#notify();
  }

  /** Ends all readers: normally, or with this error. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#notify();
  }

  async *read(): AsyncGenerator<RunEvent, void, void> {
    let seq = 0; // of the last event that was given
    let lost = 0; // since the last progress event
    for (;;) {
      const event = this.#after(seq);
      if (event !== undefined) {
        lost += event.seq - seq - 1;
        seq = event.seq;
        if (lost > 0 && event.type === 'stage-progress') {
          // What was forgotten lies before the progress events that are kept, so one of them always comes to say it.
          yield Object.freeze({ ...event, lost });
          lost = 0;
        } else yield event;
        continue;
      }
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error;
        return;
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #after(seq: number): RunEvent | undefined {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.seq > seq) high = middle;
      else low = middle + 1;
    }
    return this.#events[low];
  }

  #forget(): void {
    let surplus = this.#progress - keptProgress;
    const kept: RunEvent[] = [];
    for (const event of this.#events) {
      if (event.type === 'stage-progress' && surplus > 0) surplus--;
      else kept.push(event);
    }
    this.#events.splice(0, this.#events.length, ...kept);
    this.#progress = keptProgress;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
