import { TrainerError } from '../../core/errors.ts';
import { withClassWeights } from './class-weights.ts';
import { guardLearner } from './guard-learner.ts';
import type { Learner } from './learner.ts';

/** Built-in learners by name, loaded when first used. */
const builtIn: Readonly<Record<string, () => Promise<Learner>>> = {
  baseline: async () => (await import('./baseline/baseline-learner.ts')).baselineLearner,
  linear: async () => withClassWeights((await import('./linear/linear-learner.ts')).linearLearner),
  trees: async () => withClassWeights((await import('./trees/trees-learner.ts')).treesLearner),
  network: async () => withClassWeights((await import('./network/network-learner.ts')).networkLearner),
};

/** Names of the learners that come with the library, in the order in which they are tried. */
const builtInLearners: readonly string[] = Object.keys(builtIn);

/** Whether a learner comes with the library. */
export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(builtIn, name);
}

/** Learners of one process. */
export interface LearnerRegistry {
  /** @throws {TrainerError} PLUGIN_INVALID for a name that no learner has */
  learner(name: string): Promise<Learner>;
  names(): Promise<readonly string[]>;
}

/** Finds learners: built in, from the host's modules (whose default export is one), or given in this process. */
export function learnerRegistry(modules: readonly string[], inline: readonly Learner[]): LearnerRegistry {
  let loaded: Promise<readonly Learner[]> | undefined;
  const load = async (): Promise<readonly Learner[]> => {
    const learners: Learner[] = [...inline];
    for (const url of modules) {
      const module = (await import(url)) as { readonly default?: unknown };
      learners.push(checkLearner(module.default, url));
    }
    const names = new Set(builtInLearners);
    for (const { name } of learners) {
      if (names.has(name)) {
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected learners of different names (${builtInLearners.join(', ')} are taken), got "${name}" twice.`,
        );
      }
      names.add(name);
    }
    return learners.map((learner) => withClassWeights(guardLearner(learner)));
  };
  return {
    async learner(name) {
      loaded ??= load();
      const own = await loaded;
      if (isBuiltIn(name)) return builtIn[name]!();
      const found = own.find((learner) => learner.name === name);
      if (found !== undefined) return found;
      throw new TrainerError(
        'PLUGIN_INVALID',
        `Expected the name of a learner (${builtInLearners.join(', ')}, or one of the trainer's \`learners\`), got "${name}".`,
      );
    },
    async names() {
      loaded ??= load();
      return [...builtInLearners, ...(await loaded).map(({ name }) => name)];
    },
  };
}

/**
 * Checks that a value keeps the shape of a learner.
 *
 * @throws {TrainerError} PLUGIN_INVALID
 */
export function checkLearner(value: unknown, where: string): Learner {
  const learner = value as Partial<Learner> | undefined;
  const methods = ['defaults', 'space', 'cost', 'fit', 'revive'] as const;
  const missing =
    typeof learner !== 'object' || learner === null
      ? ['an object']
      : methods.filter((method) => typeof learner[method] !== 'function');
  if (missing.length > 0 || typeof learner!.name !== 'string' || !Array.isArray(learner!.tasks)) {
    throw new TrainerError(
      'PLUGIN_INVALID',
      `Expected ${where} to be a learner (name, about, tasks, ${methods.join(', ')}), but ${missing.length > 0 ? `it lacks ${missing.join(', ')}` : 'its name or tasks are missing'}.`,
    );
  }
  return learner as Learner;
}
