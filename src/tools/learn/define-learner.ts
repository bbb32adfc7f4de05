import type { Learner } from './learner.ts';

/**
 * Declares a learner. In a module of its own (default export; `new Trainer({ learners: [new URL('./mine.js', import.meta.url)] })`)
 * it runs in the child process; given as an object it runs on the host's thread.
 */
export function defineLearner(learner: Learner): Learner {
  return learner;
}
