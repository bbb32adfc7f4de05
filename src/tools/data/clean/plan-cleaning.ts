import type { TaskKind } from '../../../core/task-spec.ts';
import { countMissing, isMissing } from '../prepare/cells.ts';
import { classLabels } from '../prepare/encode-target.ts';
import type { TableProfile } from '../profile/profile.ts';
import { columnOf } from '../rows.ts';
import { columnKeys } from '../split/column-keys.ts';
import type { Column, Table } from '../table.ts';
import type { CleaningPlan, ColumnAction, ColumnReason } from './cleaning-plan.ts';
import { mergeLabels } from './merge-labels.ts';

/** What cleaning is planned from. */
export interface CleaningInput {
  /** Rows to learn from. */
  readonly table: Table;
  /** Facts of the same rows. */
  readonly profile: TableProfile;
  readonly target: string;
  readonly task: TaskKind;
  /** Columns that the model may use. @default all but the target and the columns with a role */
  readonly inputs?: readonly string[];
  readonly roles?: {
    readonly weight?: string;
    readonly group?: string;
    readonly entity?: string;
    readonly time?: string;
  };
  /** Rows that the reader set aside because they could not be parsed. @default 0 */
  readonly malformedRows?: number;
}

/** Fewer missing (or present) rows than this tell nothing by being missing. */
const minInformative = 10;
/** About so many rows tell columns apart before they are compared in all. */
const fingerprintRows = 2000;
/** Fewer rows of a class than this are reported. */
const minClassRows = 5;

/**
 * Decides which columns are given to the model, which rows are set aside, and which class labels are spellings of one.
 *
 * Set aside are, in this order: the target, columns with a role (unless `inputs` names them), columns that `inputs` leaves
 * out, free text, columns with no value, constants (a single value, unless its absence may tell something), identifiers, and
 * columns that repeat an earlier one (equal values; for categories also a one-to-one renaming).
 *
 * @throws {TrainerError} COLUMN_UNKNOWN for a target, input or role that the table does not have.
 */
export function planCleaning(input: CleaningInput): CleaningPlan {
  const { table, profile, target, roles = {} } = input;
  const roleColumns = [...new Set(Object.values(roles).filter((name) => name !== undefined))];
  for (const name of [target, ...roleColumns, ...(input.inputs ?? [])]) columnOf(table, name);
  const facts = new Map(profile.columns.map((column) => [column.name, column]));
  const seen = new Map<string, { name: string; column: Column }[]>();
  const inputs = input.inputs === undefined ? undefined : new Set(input.inputs);
  const columns = table.columns.map((column): ColumnAction => {
    const { name } = column;
    const present = table.rowCount - countMissing(column, table.rowCount);
    const fact = facts.get(name);
    const distinct = fact?.distinct ?? columnKeys(column, table.rowCount).count;
    const setAside = (reason: ColumnReason, of?: string): ColumnAction => ({
      column: name,
      action: 'set-aside',
      reason,
      present,
      distinct,
      ...(of === undefined ? {} : { of }),
    });
    if (name === target) return setAside('target');
    const wished = inputs?.has(name) ?? !roleColumns.includes(name);
    if (!wished) return setAside(roleColumns.includes(name) ? 'role' : 'ignored');
    if (column.kind === 'text') return setAside('text');
    if (present === 0) return setAside('all-missing');
    const informative = Math.min(present, table.rowCount - present) >= minInformative;
    if (distinct <= 1 && !informative) return setAside('constant');
    if (fact?.identifier === true && column.kind !== 'datetime') return setAside('identifier');
    const earlier = findEqual(seen, column, table.rowCount);
    return earlier === undefined ? { column: name, action: 'use' } : setAside('duplicate', earlier);
  });
  const used = columns.filter(({ action }) => action === 'use').length;
  const labels = labelFacts(columnOf(table, target), input.task, table.rowCount);
  const malformed = input.malformedRows ?? 0;
  const missingTarget = countMissing(columnOf(table, target), table.rowCount);
  return {
    formatVersion: 1,
    target,
    roleColumns,
    columns,
    ...labels,
    counts: {
      columns: { source: columns.length, used, setAside: columns.length - used },
      rows: {
        source: table.rowCount + malformed,
        used: table.rowCount - missingTarget,
        setAside: missingTarget + malformed,
        missingTarget,
        malformed,
      },
    },
  };
}

function labelFacts(
  column: Column,
  task: TaskKind,
  rowCount: number,
): Pick<CleaningPlan, 'labelMerges' | 'similarLabels' | 'rareClasses'> {
  if (task === 'regression') return { labelMerges: [], similarLabels: [], rareClasses: [] };
  const labelAt = classLabels(column);
  const counts = new Map<string, number>();
  for (let row = 0; row < rowCount; row++) {
    if (isMissing(column, row)) continue;
    const label = labelAt(row);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  // Only categories carry spellings; the labels of the other kinds are made here.
  const { merges, similar } = column.kind === 'category' ? mergeLabels(counts) : { merges: [], similar: [] };
  for (const { to, from } of merges) {
    for (const { label, rows } of from) {
      counts.set(to, counts.get(to)! + rows);
      counts.delete(label);
    }
  }
  const rareClasses = [...counts]
    .filter(([, rows]) => rows < minClassRows)
    .map(([label, rows]) => ({ label, rows }))
    .sort((left, right) => left.rows - right.rows || (left.label < right.label ? -1 : 1));
  return { labelMerges: merges, similarLabels: similar, rareClasses };
}

/** The name of an earlier column that holds the same; else remembers this one. */
function findEqual(
  seen: Map<string, { name: string; column: Column }[]>,
  column: Column,
  rowCount: number,
): string | undefined {
  // Most columns differ in a few rows already; only those that do not are compared in all.
  const step = Math.max(1, Math.floor(rowCount / fingerprintRows));
  const some = Uint32Array.from({ length: Math.ceil(rowCount / step) }, (_, i) => i * step);
  let hash = 0x811c9dc5;
  for (const key of columnKeys(column, some).keys) hash = Math.imul(hash ^ key, 0x01000193);
  const place = `${column.kind}/${hash}`;
  const list = seen.get(place) ?? [];
  seen.set(place, list);
  const equal = list.find((other) => sameColumn(other.column, column, rowCount));
  if (equal === undefined) list.push({ name: column.name, column });
  return equal?.name;
}

function sameColumn(earlier: Column, column: Column, rowCount: number): boolean {
  if (earlier.kind === 'category' || earlier.kind === 'text' || column.kind === 'category' || column.kind === 'text') {
    // Keys count values in the order of appearance, so equal keys are a one-to-one renaming.
    const keys = columnKeys(column, rowCount).keys;
    const others = columnKeys(earlier, rowCount).keys;
    return keys.every((key, row) => key === others[row]);
  }
  for (let row = 0; row < rowCount; row++) {
    if (isMissing(earlier, row) !== isMissing(column, row)) return false;
    if (!isMissing(column, row) && earlier.values[row] !== column.values[row]) return false;
  }
  return true;
}
