import { type Prompt, told } from '../../../core/prompt.ts';
import type { PlanSubject } from '../stages/plan.ts';

/** What a language model is told of a plan that is to be made. */
export const planPrompt: Prompt<PlanSubject> = {
  about: 'Which steps are taken, in order, with their parameters.',
  facts: [
    { name: 'task', isNeeded: true, value: ({ spec }) => spec.task.value },
    { name: 'metric', value: ({ spec }) => spec.metrics[0]!.metric },
    { name: 'rows', isNeeded: true, value: ({ profile }) => profile.rowCount },
    { name: 'columns', value: ({ profile }) => profile.columns.length },
    told('budget'),
    { name: 'roles', value: ({ spec }) => Object.keys(spec.roles).filter((role) => role !== 'ignore') },
    { name: 'limits', value: ({ spec }) => Object.keys(spec.limits) },
    told('hasTestData'),
    told('learners'),
  ],
};
