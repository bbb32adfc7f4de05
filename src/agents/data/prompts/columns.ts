import type { Prompt } from '../../../core/prompt.ts';
import type { ColumnsSubject } from '../clean.ts';

/** Columns, those first that the rule sets aside: they are what could be overruled. */
function bySetAside(columns: ColumnsSubject['columns']): ColumnsSubject['columns'] {
  return [
    ...columns.filter(({ setAside }) => setAside !== undefined),
    ...columns.filter(({ setAside }) => setAside === undefined),
  ];
}

/** What a language model is told of the columns. The answer lists them, so it has to be shown all. */
export const columnsPrompt: Prompt<ColumnsSubject> = {
  about: 'Which columns the model may use.',
  facts: [
    { name: 'columns', isNeeded: true, value: ({ columns }) => bySetAside(columns).map((column) => ({ ...column })) },
  ],
};
