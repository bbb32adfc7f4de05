import type { TaskKind } from '../../core/task-spec.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { planCleaning } from '../data/clean/plan-cleaning.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { profileTable } from '../data/profile/profile-table.ts';
import { defineAction } from './action.ts';

export interface CleanInput {
  /** Blob of the rows to learn from. */
  readonly train: string;
  readonly target: string;
  readonly task: TaskKind;
  readonly inputs: readonly string[];
  readonly roles: Readonly<Partial<Record<'weight' | 'group' | 'entity' | 'time', string>>>;
  readonly malformedRows: number;
}

/** Plans what is set aside, from the rows to learn from alone. */
export const clean = defineAction<CleanInput, CleaningPlan>({
  name: 'clean',
  async run({ train, ...input }, context) {
    const table = decodeTable(await context.blobs.get(train));
    return planCleaning({ table, profile: profileTable(table), ...input });
  },
});
