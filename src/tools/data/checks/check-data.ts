import { createRandom } from '../../../core/helpers/random.ts';
import type { TaskKind } from '../../../core/task-spec.ts';
import { countMissing, isMissing } from '../prepare/cells.ts';
import { classLabels, encodeTarget } from '../prepare/encode-target.ts';
import { columnOf } from '../rows.ts';
import type { Column, Table } from '../table.ts';
import { checkEntity } from './check-entities.ts';
import { checkLeaks } from './check-leaks.ts';
import { checkPrecision } from './check-precision.ts';
import type { CheckResult } from './check-result.ts';
import { checkAcrossVault, checkConflicts } from './check-rows.ts';
import { checkImbalance, checkOutliers } from './check-target.ts';
import { checkTime } from './check-time.ts';
import { type ColumnRelation, type RelationTarget, relationOf } from './single-feature.ts';

/** What the checks look at. */
export interface CheckInput {
  /** Rows to learn from, with all columns of the source that may matter. */
  readonly table: Table;
  /** Rows of the vault: only their inputs are hashed, their target is never read. */
  readonly vault?: Table;
  readonly target: string;
  readonly task: TaskKind;
  /** Columns that the model may use. */
  readonly inputs: readonly string[];
  readonly roles?: { readonly group?: string; readonly entity?: string; readonly time?: string };
  readonly seed: number | string;
  /** Rows that relations are measured on at most, drawn at random. @default 20000 */
  readonly maxRows?: number;
}

/** What the checks found, and how each input relates to the target. */
export interface DataChecks {
  /** Severe findings first, then by the order of checks and columns. */
  readonly results: readonly CheckResult[];
  /** By falling score, ties by the order of columns. */
  readonly relations: readonly ColumnRelation[];
}

/** Share of missing values above which a column is reported. */
const manyMissing = 0.5;

/**
 * Checks learning rows for what would make a score mislead or a model fail: leaks, duplicates, conflicts, imbalance, drift.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN for a column that is not there; REQUEST_INVALID for a target that does not fit the task.
 */
export function checkData(input: CheckInput): DataChecks {
  const { table, task, roles = {} } = input;
  const random = createRandom(`${input.seed}/checks`);
  const targetColumn = columnOf(table, input.target);
  const encoded = encodeTarget(targetColumn, task);
  const present: number[] = [];
  for (let row = 0; row < table.rowCount; row++) if (!isMissing(targetColumn, row)) present.push(row);
  const allRows = Uint32Array.from(present);
  const allTarget = targetOf(encoded.target, allRows, encoded.classes.length);
  const rows = sample(allRows, input.maxRows ?? 20_000, random.fork('rows'));
  const target = targetOf(encoded.target, rows, encoded.classes.length);

  const results: CheckResult[] = [];
  const relations: ColumnRelation[] = [];
  const inputs = input.inputs.filter((name) => name !== input.target);
  for (const name of inputs) {
    const column = columnOf(table, name);
    const missing = countMissing(column, table.rowCount);
    if (missing > manyMissing * table.rowCount) {
      const evidence = { missing, share: missing / table.rowCount };
      results.push({ code: 'MANY_MISSING', severity: 'warning', column: name, evidence });
    }
    if (missing === 0 && isConstant(column, table.rowCount)) {
      results.push({ code: 'CONSTANT_COLUMN', severity: 'info', column: name, evidence: { rows: table.rowCount } });
      continue;
    }
    if (missing === table.rowCount) continue;
    results.push(...checkPrecision(column, rows));
    const relation = relationOf(column, rows, target, random.fork(`relation/${name}`));
    relations.push(relation);
    results.push(...checkLeaks(column, targetColumn, rows, target, relation));
    if (roles.time === undefined) results.push(...checkTime(column, rows, target));
  }
  if (roles.group === undefined && roles.entity === undefined) {
    // Identifiers are no inputs, but they are what entities are known by.
    for (const column of table.columns) {
      if (column.name !== input.target) results.push(...checkEntity(column, allRows, allTarget));
    }
  }
  if (task === 'regression') {
    results.push(...checkOutliers(allTarget.values));
  } else {
    results.push(...checkImbalance(allTarget.values, allTarget.classCount));
    results.push(...checkConflicts(table, inputs, allRows, allTarget.values));
  }
  if (input.vault !== undefined) results.push(...checkAcrossVault(table, input.vault, inputs));
  const order = ['severe', 'warning', 'info'];
  results.sort((left, right) => order.indexOf(left.severity) - order.indexOf(right.severity));
  relations.sort((left, right) => right.score - left.score);
  return { results, relations };
}

function isConstant(column: Column, rowCount: number): boolean {
  const label = classLabels(column);
  const first = label(0);
  for (let row = 1; row < rowCount; row++) if (label(row) !== first) return false;
  return true;
}

function targetOf(values: Float64Array, rows: Uint32Array, classCount: number): RelationTarget {
  return { values: Float64Array.from(rows, (row) => values[row]!), classCount };
}

function sample(rows: Uint32Array, count: number, random: ReturnType<typeof createRandom>): Uint32Array {
  if (rows.length <= count) return rows;
  return random.shuffle(rows.slice()).slice(0, count).sort();
}
