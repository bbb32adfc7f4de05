import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage } from '../../core/stage.ts';
import type { CleaningPlan } from '../../tools/data/clean/cleaning-plan.ts';
import { callAction } from '../call-action.ts';
import { rolesOf, taskSpecOf } from '../task/stages/understand.ts';
import type { Collected } from './collect.ts';
import { columnsPrompt } from './prompts/columns.ts';
import type { SplitMessage } from './split.ts';

/** What the choice of columns is made from. */
export interface ColumnsSubject {
  readonly columns: readonly {
    readonly name: string;
    readonly kind: string;
    readonly distinct: number;
    readonly missing: number;
    /** Why the plan sets it aside; absent where it is used. */
    readonly setAside?: string;
  }[];
}

/** Reasons that a decision can't overrule: the model can't learn from these. */
const fixedReasons = new Set(['target', 'role', 'ignored', 'text', 'all-missing', 'constant']);

/** Which columns the model may use. */
export const columnsQuestion = defineQuestion({
  id: 'data.columns',
  about: columnsPrompt.about,
  prompt: columnsPrompt,
  tools: ['column'],
  facts: ({ columns }: ColumnsSubject) => ({ columns: columns.map((column) => ({ ...column })) }),
  answer: ({ columns }) =>
    z.strictObject({ use: z.array(z.enum(columns.map(({ name }) => name) as [string, ...string[]])).min(1) }),
  rule: ({ columns }) => ({
    answer: { use: columns.filter(({ setAside }) => setAside === undefined).map(({ name }) => name) },
    why: 'All but the target, columns with a role or left out by the request, free text, identifiers, constants and copies.',
  }),
  check: ({ use }, { columns }) => {
    const reasons = new Map(columns.map(({ name, setAside }) => [name, setAside]));
    return use.flatMap((name) => {
      const reason = reasons.get(name);
      return reason !== undefined && fixedReasons.has(reason)
        ? [{ path: 'use', message: `Expected no column that is set aside as ${reason}, got "${name}".` }]
        : [];
    });
  },
  language: 'unsure',
});

export const cleanedSchema = z.object({
  /** What is set aside and why; counts add up. */
  plan: z.looseObject({ formatVersion: z.literal(1) }),
  inputs: z.array(z.string()).min(1),
});

export interface Cleaned {
  readonly plan: CleaningPlan;
  readonly inputs: readonly string[];
}

/** Plans what is set aside, on the rows to learn from. */
export const cleanStage = defineStage({
  name: 'data.clean',
  agent: 'data',
  to: 'data',
  output: cleanedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { data } = context.message<Collected>('data.collect')!;
    const { train } = context.message<SplitMessage>('data.split')!;
    const plan = await callAction(context, 'clean', {
      train,
      target: spec.target.value,
      task: spec.task.value,
      inputs: spec.inputs.value,
      roles: rolesOf(spec),
      malformedRows: data!.setAside.reduce((sum, { count }) => sum + count, 0),
    });
    const facts = new Map(data!.columns.map((column) => [column.name, column]));
    const columns = plan.columns.map((action) => {
      const fact = facts.get(action.column)!;
      return {
        name: action.column,
        kind: fact.kind,
        distinct: fact.distinct,
        missing: fact.missing,
        ...(action.action === 'use' ? {} : { setAside: action.reason }),
      };
    });
    if (columns.every(({ setAside }) => setAside !== undefined)) {
      const evidence = { target: spec.target.value, inputs: spec.inputs.value.length };
      context.decline({ kind: 'reject', reasons: [{ code: 'NO_INPUTS', evidence }] });
    }
    const { use } = await context.ask(columnsQuestion, { columns });
    const used = new Set(use);
    const inputs = columns.map(({ name }) => name).filter((name) => used.has(name));
    return {
      message: { plan: plan as unknown as z.infer<typeof cleanedSchema>['plan'], inputs },
      summary: `${inputs.length} of ${columns.length} columns are used.`,
    };
  },
});
