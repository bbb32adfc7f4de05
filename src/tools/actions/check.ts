import type { TaskKind } from '../../core/task-spec.ts';
import { checkData, type DataChecks } from '../data/checks/check-data.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { takeRows } from '../data/rows.ts';
import { defineAction } from './action.ts';

export interface CheckActionInput {
  readonly train: string;
  /** Only the inputs of its rows are hashed; its target is never read. */
  readonly vault?: string;
  readonly plan: CleaningPlan;
  readonly target: string;
  readonly task: TaskKind;
  readonly roles: Readonly<Partial<Record<'group' | 'entity' | 'time', string>>>;
  readonly seed: number;
}

/** Looks for what would make a score mislead: leaks, duplicates, conflicts, imbalance, drift. */
export const check = defineAction<CheckActionInput, DataChecks>({
  name: 'check',
  async run(input, context) {
    const cleaned = applyCleaning(decodeTable(await context.blobs.get(input.train)), input.plan);
    const { target, task, roles, seed } = input;
    return checkData({
      table: takeRows(cleaned.table, cleaned.rows),
      ...(input.vault === undefined ? {} : { vault: decodeTable(await context.blobs.get(input.vault)) }),
      target,
      task,
      inputs: cleaned.inputs,
      roles,
      seed,
    });
  },
});
