import { TrainerError } from '../../../core/errors.ts';

/** Waits until every thread has come. */
export type Barrier = () => void;

/**
 * A barrier of `threads` threads on three int32 of shared memory (arrived, generation, broken). It spins for some
 * microseconds (the work between two barriers often takes no longer) and then sleeps. The words live on from fit to fit: a
 * thread that has not yet left the last barrier must still find its generation.
 *
 * @throws {TrainerError} INTERNAL where another thread failed and broke it.
 */
export function createBarrier(words: Int32Array, at: number, threads: number): Barrier {
  if (threads === 1) return () => {};
  const arrived = at >>> 2;
  const generation = arrived + 1;
  const broken = arrived + 2;
  let mine = Atomics.load(words, generation);
  return () => {
    const before = mine;
    mine = (mine + 1) | 0;
    if (Atomics.add(words, arrived, 1) === threads - 1) {
      Atomics.store(words, arrived, 0);
      Atomics.store(words, generation, mine);
      Atomics.notify(words, generation);
      return;
    }
    for (let spins = 0; Atomics.load(words, generation) !== mine; spins++) {
      if (spins < 20_000) continue;
      Atomics.wait(words, generation, before, 50);
      if (Atomics.load(words, broken) === 1) {
        throw new TrainerError('INTERNAL', 'A thread of the boosted trees failed; the others have stopped.');
      }
    }
  };
}

/** Lets every thread that waits at the barrier fail. */
export function breakBarrier(words: Int32Array, at: number): void {
  Atomics.store(words, (at >>> 2) + 2, 1);
  Atomics.notify(words, (at >>> 2) + 1);
}
