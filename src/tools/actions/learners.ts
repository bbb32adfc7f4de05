import { defineAction } from './action.ts';

/** Names of the learners that the child process has: built in, and from the host's modules. */
export const learners = defineAction<Record<string, never>, { readonly names: readonly string[] }>({
  name: 'learners',
  run: async (_input, context) => ({ names: await context.learnerNames() }),
});
