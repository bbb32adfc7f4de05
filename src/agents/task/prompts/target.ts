import { type Prompt, told } from '../../../core/prompt.ts';
import { columnStatistics } from '../../facts/column-statistics.ts';
import type { TargetSubject } from '../stages/understand.ts';

/** Columns, those first that the request may mean. */
function byLikelihood<Column extends { readonly name: string }>(
  columns: readonly Column[],
  { clarification }: TargetSubject,
): readonly Column[] {
  const likely = new Set(clarification.options);
  return [...columns.filter(({ name }) => likely.has(name)), ...columns.filter(({ name }) => !likely.has(name))];
}

/** What a language model is told where the request leaves open what is predicted. */
export const targetPrompt: Prompt<TargetSubject> = {
  about: 'Which column is to be predicted.',
  facts: [
    told('prompt', { isNeeded: true }),
    { name: 'likely', isNeeded: true, value: ({ clarification }) => [...clarification.options] },
    {
      name: 'cells',
      level: 'samples',
      value: ({ cells }) => cells,
    },
    {
      name: 'columns',
      value: (subject) =>
        byLikelihood(subject.columns, subject).map(({ name, kind, distinct }) => ({ name, kind, distinct })),
    },
    {
      name: 'statistics',
      level: 'aggregates',
      value: (subject) =>
        subject.profile === undefined
          ? undefined
          : byLikelihood(subject.profile.columns, subject).map((column) =>
              columnStatistics(column, subject.profile!.rowCount),
            ),
    },
  ],
};
