import type { Prediction } from './call.ts';

/** Tells several watchers of each prediction; none can fail it. */
export const tellEach = (watches: readonly (((prediction: Prediction) => void) | undefined)[]) => {
  const given = watches.flatMap((watch) => (watch === undefined ? [] : [harmless(watch)]));
  return (prediction: Prediction): void => {
    for (const watch of given) watch(prediction);
  };
};

/** A watcher that throws must not fail the prediction that it watches. */
export function harmless<T>(watch: (value: T) => void): (value: T) => void {
  return (value) => {
    try {
      watch(value);
    } catch {
      // Its own affair: the answer has been made.
    }
  };
}
