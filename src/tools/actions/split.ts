import { decodeArrays, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import type { TaskKind } from '../../core/task-spec.ts';
import { decodeTable, encodeTable } from '../data/columnar/encode-table.ts';
import { isMissing } from '../data/prepare/cells.ts';
import { columnOf, takeRows } from '../data/rows.ts';
import type { Folds, FoldsInput } from '../data/split/folds.ts';
import { type SplitReason, splitRows } from '../data/split/split-rows.ts';
import type { Table } from '../data/table.ts';
import { defineAction } from './action.ts';

export interface SplitActionInput {
  /** Blob of all rows. */
  readonly table: string;
  /** Blob of the host's own test rows. */
  readonly testTable?: string;
  readonly target: string;
  readonly task: TaskKind;
  readonly inputs: readonly string[];
  readonly roles: { readonly group?: string; readonly entity?: string; readonly time?: string };
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
}

export interface SplitActionOutput {
  /** Blob of the rows to learn from. */
  readonly train: string;
  readonly trainRows: number;
  /** Blob of their row numbers in the data, for reports. */
  readonly trainNumbers: string;
  /** Blob of the vault; absent where the data are too few for one. */
  readonly vault?: string;
  readonly vaultRows: number;
  /** Blob of the vault's groups, where rows are not independent. */
  readonly vaultGroups?: string;
  readonly vaultFrom: 'split' | 'host' | 'none';
  readonly method: 'stratified' | 'grouped' | 'time' | 'none';
  readonly foldMethod: 'stratified' | 'grouped' | 'time';
  /** Rows without a target. */
  readonly setAside: number;
  readonly testSetAside: number;
  readonly reasons: readonly SplitReason[];
  /** Blob of the folds, and of what they were made from. */
  readonly folds: string;
  readonly foldCount: number;
  readonly repeats: number;
}

/** Splits the vault off and makes the folds, before anything else looks at the rows. */
export const split = defineAction<SplitActionInput, SplitActionOutput>({
  name: 'split',
  async run(input, context) {
    const table = decodeTable(await context.blobs.get(input.table));
    const { target, task, inputs, roles, seed, folds, repeats } = input;
    const options = { folds, repeats, hostTest: input.testTable !== undefined };
    const made = splitRows({ table, target, task, inputs, roles, seed, options });
    const put = (rows: Table) => context.blobs.put(encodeTable(rows));
    let vault: Table | undefined = made.vault.length > 0 ? takeRows(table, made.vault) : undefined;
    let testSetAside = 0;
    if (input.testTable !== undefined) {
      const test = decodeTable(await context.blobs.get(input.testTable));
      const rows = rowsWithTarget(test, target);
      testSetAside = test.rowCount - rows.length;
      vault = takeRows(test, rows);
    }
    return {
      train: await put(takeRows(table, made.train)),
      trainRows: made.train.length,
      trainNumbers: await context.blobs.put(encodeArrays({}, { rows: made.train })),
      ...(vault === undefined ? {} : { vault: await put(vault) }),
      vaultRows: vault?.rowCount ?? 0,
      ...(made.vaultGroups === undefined || input.testTable !== undefined
        ? {}
        : { vaultGroups: await context.blobs.put(encodeArrays({}, { groups: made.vaultGroups })) }),
      vaultFrom: vault === undefined ? 'none' : input.testTable === undefined ? 'split' : 'host',
      method: made.method,
      foldMethod: made.foldMethod,
      setAside: made.setAside.length,
      testSetAside,
      reasons: made.reasons,
      folds: await context.blobs.put(encodeFolds(made.folds, made.foldsInput)),
      foldCount: made.folds.count,
      repeats: made.folds.repeats,
    };
  },
});

function rowsWithTarget(table: Table, target: string): Uint32Array {
  const column = columnOf(table, target);
  const rows: number[] = [];
  for (let row = 0; row < table.rowCount; row++) if (!isMissing(column, row)) rows.push(row);
  return Uint32Array.from(rows);
}

/** Folds with what they were made from, as a blob. */
function encodeFolds(folds: Folds, input: FoldsInput): Uint8Array[] {
  const { strata, groups, timeRanks, ...rest } = input;
  const arrays: Record<string, Uint8Array | Int32Array> = { strata };
  if (groups !== undefined) arrays.groups = groups;
  if (timeRanks !== undefined) arrays.timeRanks = timeRanks;
  folds.assignments.forEach((assignment, i) => {
    arrays[`fold${i}`] = assignment;
  });
  return encodeArrays({ folds: { kind: folds.kind, count: folds.count, repeats: folds.repeats }, input: rest }, arrays);
}

/** Reads {@link encodeFolds} back. */
export function decodeFolds(bytes: Uint8Array): { readonly folds: Folds; readonly input: FoldsInput } {
  const { json, arrays } = decodeArrays(bytes);
  const { folds, input } = json as {
    folds: Omit<Folds, 'assignments'>;
    input: Omit<FoldsInput, 'strata' | 'groups' | 'timeRanks'>;
  };
  return {
    folds: { ...folds, assignments: Array.from({ length: folds.repeats }, (_, i) => arrays[`fold${i}`] as Uint8Array) },
    input: {
      ...input,
      strata: arrays.strata as Int32Array,
      ...(arrays.groups === undefined ? {} : { groups: arrays.groups as Int32Array }),
      ...(arrays.timeRanks === undefined ? {} : { timeRanks: arrays.timeRanks as Int32Array }),
    },
  };
}
