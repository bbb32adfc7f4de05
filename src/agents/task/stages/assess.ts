import { z } from 'zod';
import { defineStage } from '../../../core/stage.ts';
import type { Schema } from '../../../core/standard-schema.ts';
import type { TaskSpec } from '../../../core/task-spec.ts';
import { reasonKinds, type Verdict, verdictKinds } from '../../../core/verdict.ts';
import type { TableProfile } from '../../../tools/data/profile/profile.ts';
import type { Checked } from '../../data/check.ts';
import type { Collected } from '../../data/collect.ts';
import { assessRequest } from '../assess/assess.ts';
import { assessChecks, type CheckFinding } from '../assess/outcome.ts';
import { taskSpecOf } from './understand.ts';

const evidence = z.record(z.string(), z.json());

export const verdictSchema = z.object({
  kind: z.enum(verdictKinds),
  reasons: z.array(z.object({ code: z.enum(Object.keys(reasonKinds) as [string, ...string[]]), evidence })),
  offer: z.object({ change: z.enum(['threshold', 'limit', 'target', 'task', 'data']), evidence }).optional(),
}) as unknown as Schema<Verdict>;

/** Judges the request against what the data are, before anything is tried. */
export const assessStage = defineStage<Verdict>({
  name: 'task.assess',
  agent: 'task',
  to: 'task',
  output: verdictSchema,
  async run(context) {
    const { data, test } = context.message<Collected>('data.collect')!;
    const profile = await context.blobJson<TableProfile>(data!.profile);
    const verdict = assessRequest(taskSpecOf(context), profile, { hasTestData: test !== undefined });
    if (verdict.kind === 'reject') context.decline(verdict);
    return {
      message: verdict,
      summary:
        verdict.reasons.length === 0
          ? 'Nothing speaks against it.'
          : `${verdict.kind}: ${verdict.reasons.map(({ code }) => code).join(', ')}.`,
    };
  },
});

const findingOf: Readonly<Record<string, CheckFinding['code']>> = {
  TARGET_LEAK: 'LEAKING_COLUMN',
  TARGET_COPY: 'LEAKING_COLUMN',
  TARGET_RECODED: 'LEAKING_COLUMN',
  MISSINGNESS_LEAK: 'LEAKING_COLUMN',
  CONFLICTING_LABELS: 'CONFLICTING_LABELS',
  TIME_DRIFT: 'TIME_DRIFT',
  ENTITY_REPEATS: 'GROUPS_SUSPECTED',
};

/** What the data checks mean for the request. */
export function checksVerdict(spec: TaskSpec, checked: Checked): Verdict {
  const findings = checked.results.flatMap((result): CheckFinding[] => {
    const code = findingOf[result.code];
    if (code === undefined || result.severity === 'info') return [];
    const column = result.column === undefined ? {} : { column: result.column };
    return [
      {
        code,
        evidence: {
          ...result.evidence,
          ...column,
          check: result.code,
          leftOut: checked.leaks.includes(result.column ?? ''),
        },
      },
    ];
  });
  return assessChecks(spec, findings, checked.inputs.length);
}
