import type { TaskKind } from '../../core/task-spec.ts';
import { checkData, type DataChecks } from '../data/checks/check-data.ts';
import { applyCleaning } from '../data/clean/apply-cleaning.ts';
import type { CleaningPlan } from '../data/clean/cleaning-plan.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { columnOf, takeRows } from '../data/rows.ts';
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
    const source = decodeTable(await context.blobs.get(input.train));
    const cleaned = applyCleaning(source, input.plan);
    // All columns of the source, so that an identifier that repeats is seen; the target as it was cleaned.
    const merged = columnOf(cleaned.table, input.target);
    const table = {
      rowCount: source.rowCount,
      columns: source.columns.map((column) => (column.name === input.target ? merged : column)),
    };
    const { target, task, roles, seed } = input;
    return checkData({
      table: takeRows(table, cleaned.rows),
      ...(input.vault === undefined ? {} : { vault: decodeTable(await context.blobs.get(input.vault)) }),
      target,
      task,
      inputs: cleaned.inputs,
      roles,
      seed,
    });
  },
});
