import { type Prompt, told } from '../../../core/prompt.ts';
import { columnStatistics } from '../../facts/column-statistics.ts';
import type { LeaksSubject } from '../check.ts';

/** What a language model is told of columns that seem to give the target away. */
export const leaksPrompt: Prompt<LeaksSubject> = {
  about: 'Which of the columns that seem to give the target away are left out.',
  facts: [
    {
      name: 'suspects',
      isNeeded: true,
      value: ({ suspects }) => suspects.map(({ column, code }) => ({ column, code })),
    },
    told('inputCount'),
    // How well a column predicts the target is a statistic of its values.
    {
      name: 'evidence',
      level: 'aggregates',
      value: ({ suspects }) => suspects.map(({ column, evidence }) => ({ column, ...evidence })),
    },
    { name: 'cells', level: 'samples', value: ({ cells }) => cells },
    {
      name: 'statistics',
      level: 'aggregates',
      value: ({ suspects, profile }) =>
        profile?.columns
          .filter(({ name }) => suspects.some(({ column }) => column === name))
          .map((column) => columnStatistics(column, profile.rowCount)),
    },
  ],
};
