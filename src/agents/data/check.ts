import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import type { TableProfile } from '../../tools/data/profile/profile.ts';
import { callAction } from '../call-action.ts';
import { type ShownCells, showCells } from '../show-cells.ts';
import { rolesOf, taskSpecOf } from '../task/stages/understand.ts';
import type { Cleaned } from './clean.ts';
import type { Collected } from './collect.ts';
import { leaksPrompt } from './prompts/leaks.ts';
import type { SplitMessage } from './split.ts';

const resultSchema = z.object({
  code: z.string(),
  severity: z.enum(['info', 'warning', 'severe']),
  column: z.string().optional(),
  evidence: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
});

export const checkedSchema = z.object({
  results: z.array(resultSchema),
  /** How well each input alone predicts the target, out of fold; by falling score. */
  relations: z.array(z.looseObject({ column: z.string(), metric: z.enum(['rocAuc', 'r2']), score: z.number() })),
  /** Columns that are left out because they give the target away. */
  leaks: z.array(z.string()),
  inputs: z.array(z.string()),
});

export type Checked = z.infer<typeof checkedSchema>;

/** What the treatment of leaking columns is decided from. */
export interface LeaksSubject {
  readonly suspects: readonly {
    readonly column: string;
    readonly code: string;
    readonly evidence: Readonly<Record<string, string | number | boolean>>;
  }[];
  readonly inputCount: number;
  readonly profile?: TableProfile;
  readonly cells?: ShownCells;
}

/** What becomes of columns that give the target away. */
export const leaksQuestion = defineQuestion({
  id: 'data.leaks',
  about: leaksPrompt.about,
  prompt: leaksPrompt,
  tools: ['column'],
  facts: ({ suspects, inputCount }: LeaksSubject) => ({
    suspects: suspects.map((suspect) => ({ ...suspect, evidence: { ...suspect.evidence } })),
    inputCount,
  }),
  answer: ({ suspects }) =>
    z.strictObject({ leaveOut: z.array(z.enum(suspects.map(({ column }) => column) as [string, ...string[]])) }),
  rule: ({ suspects, inputCount }) => {
    const certain = [
      ...new Set(
        suspects.filter(({ code }) => code === 'TARGET_COPY' || code === 'TARGET_RECODED').map(({ column }) => column),
      ),
    ];
    const leaveOut = certain.length < inputCount ? certain : [];
    return {
      answer: { leaveOut },
      why:
        leaveOut.length > 0
          ? 'They hold the target itself, under another name or coding.'
          : 'None holds the target itself; columns that merely predict well stay, with a warning.',
      unsure: leaveOut.length < suspects.length,
    };
  },
  language: 'unsure',
});

const leakCodes = new Set(['TARGET_COPY', 'TARGET_RECODED', 'TARGET_LEAK', 'MISSINGNESS_LEAK']);

async function leaksAmong(
  context: StageContext,
  suspects: LeaksSubject['suspects'],
  inputCount: number,
  train: string,
): Promise<readonly string[]> {
  const { data } = context.message<Collected>('data.collect')!;
  const profile = await context.blobJson<TableProfile>(data!.profile);
  const names = [...new Set(suspects.map(({ column }) => column))];
  const cells = await showCells(
    context,
    train,
    names.map((name) => profile.columns.find((column) => column.name === name) ?? { name }),
  );
  const subject = { suspects, inputCount, profile, ...(cells === undefined ? {} : { cells }) };
  return (await context.ask(leaksQuestion, subject)).leaveOut;
}

/** Looks for what would make a score mislead. */
export const checkStage = defineStage<Checked>({
  name: 'data.check',
  agent: 'data',
  to: 'task',
  output: checkedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { train, vault, vaultFrom } = context.message<SplitMessage>('data.split')!;
    const { plan, inputs } = context.message<Cleaned>('data.clean')!;
    const { weight: _weight, ...roles } = rolesOf(spec);
    const { results, relations } = await callAction(context, 'check', {
      train,
      ...(vault === undefined || vaultFrom !== 'split' ? {} : { vault }),
      plan,
      target: spec.target.value,
      task: spec.task.value,
      roles,
      seed: context.input.seed,
    });
    const suspects = results.flatMap(({ code, column, evidence }) =>
      leakCodes.has(code) && column !== undefined && inputs.includes(column) ? [{ column, code, evidence }] : [],
    );
    const leaks = suspects.length === 0 ? [] : await leaksAmong(context, suspects, inputs.length, train);
    const left = inputs.filter((name) => !leaks.includes(name));
    if (left.length === 0)
      context.decline({
        kind: 'reject',
        reasons: [{ code: 'NO_INPUTS', evidence: { target: spec.target.value, columns: inputs.length } }],
      });
    const severe = results.filter(({ severity }) => severity === 'severe').length;
    return {
      message: {
        results: results.map((result) => ({ ...result, evidence: { ...result.evidence } })),
        relations: relations.map((relation) => ({ ...relation })),
        leaks: [...leaks],
        inputs: left,
      },
      summary:
        results.length === 0
          ? 'Nothing suspicious.'
          : `${results.length === 1 ? '1 finding' : `${results.length} findings`}, ${severe} severe${leaks.length > 0 ? `; left out: ${leaks.length} columns that hold the target` : ''}.`,
    };
  },
});
