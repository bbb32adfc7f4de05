import type { Prompt } from '../../../core/prompt.ts';
import type { ConfigurationsSubject } from '../candidates.ts';

/** What a language model is told of the spaces of configurations. */
export const configurationsPrompt: Prompt<ConfigurationsSubject> = {
  about: 'Further configurations to try, each within the axes of its learner.',
  facts: [
    { name: 'data', value: ({ facts }) => facts },
    // Axes and their bounds are in the schema of the answer.
    { name: 'logScale', value: ({ spaces }) => logScaled(spaces) },
  ],
};

/** Axes of each learner whose values differ by factors rather than by steps. */
function logScaled(spaces: ConfigurationsSubject['spaces']) {
  return Object.fromEntries(
    Object.entries(spaces).map(([learner, space]) => [
      learner,
      Object.keys(space).filter((name) => {
        const axis = space[name]!;
        return axis.kind !== 'choice' && axis.scale === 'log';
      }),
    ]),
  );
}
