import { EventEmitter } from 'eventemitter3';
import type { EventBodies, EventType, RunEvent } from './events.ts';
import { errorText } from './helpers/error-text.ts';

/** Hears an event. What it throws, or rejects with, becomes a `listener-error` event; nobody waits for it. */
export type Listener<Type extends EventType> = (event: RunEvent<Type>) => unknown;

/** The host's listeners. An exception of one (eventemitter3 lets it escape) never reaches a run. */
export class Listeners {
  readonly #emitter = new EventEmitter<string>();

  /** Adds a listener; returns what removes it. */
  on<Type extends EventType>(type: Type, listener: Listener<Type>): () => void {
    const guarded = (
      event: RunEvent<Type>,
      report: (type: 'listener-error', body: EventBodies['listener-error']) => void,
    ) => {
      const failed = (error: unknown) => {
        // A failing listener of `listener-error` would be told of itself for ever.
        if (event.type !== 'listener-error')
          report('listener-error', {
            event: event.type,
            error: errorText(error),
          });
      };
      try {
        const result = listener(event);
        // Any thenable: a promise of another realm or library rejects as loudly as one of ours.
        Promise.resolve(result).catch(failed);
      } catch (error) {
        failed(error);
      }
    };
    this.#emitter.on(type, guarded);
    return () => void this.#emitter.off(type, guarded);
  }

  emit(event: RunEvent, report: (type: 'listener-error', body: EventBodies['listener-error']) => void): void {
    this.#emitter.emit(event.type, event, report);
  }
}
