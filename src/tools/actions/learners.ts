import { defineAction } from './action.ts';

export interface LearnersOutput {
  readonly names: readonly string[];
  /** Those of them whose fits need a backend that trains. */
  readonly onBackend: readonly string[];
}

/** Names of the learners that the child process has: built in, and from the host's modules. */
export const learners = defineAction<Record<string, never>, LearnersOutput>({
  name: 'learners',
  async run(_input, context) {
    const names = await context.learnerNames();
    const all = await Promise.all(names.map((name) => context.learner(name)));
    return { names, onBackend: all.flatMap((own) => (own.trainsOnBackend === true ? [own.name] : [])) };
  },
});
