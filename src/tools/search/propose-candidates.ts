import type { Random } from '../../core/helpers/random.ts';
import type { Learner, LearnerFacts } from '../learn/learner.ts';
import { sampleConfigurations } from './sample-configurations.ts';
import type { Candidate } from './search-state.ts';

/**
 * The candidates of a search: the defaults of each learner, which run in any case, then samples of the learners' spaces,
 * one of each learner in turn.
 *
 * @param count - samples a learner, beside its default.
 */
export function proposeCandidates(
  learners: readonly Learner[],
  facts: LearnerFacts,
  count: number,
  random: Random,
): Candidate[] {
  const candidates: Candidate[] = [];
  const samples: Candidate[][] = [];
  for (const learner of learners) {
    const shared = { learner: learner.name, canCutIterations: learner.iterationKey !== undefined };
    const defaults = learner.defaults(facts);
    candidates.push({ ...shared, configuration: defaults, cost: learner.cost(defaults, facts), always: true });
    const space = learner.space(facts);
    // Axes that the space leaves out keep the value of the defaults, so only the others tell configurations apart.
    const known = Object.fromEntries(Object.entries(defaults).filter(([name]) => name in space));
    const found = sampleConfigurations(space, count, random.fork(learner.name), [known]);
    samples.push(
      found.map((sampled) => {
        const configuration = { ...defaults, ...sampled };
        return { ...shared, configuration, cost: learner.cost(configuration, facts), always: false };
      }),
    );
  }
  for (let turn = 0; samples.some((list) => turn < list.length); turn++) {
    for (const list of samples) if (list[turn] !== undefined) candidates.push(list[turn]!);
  }
  return candidates;
}
