import { TrainerError } from '../../../core/errors.ts';
import { createRandom } from '../../../core/helpers/random.ts';
import type { TaskKind } from '../../../core/task-spec.ts';
import { isMissing } from '../prepare/cells.ts';
import { columnOf } from '../rows.ts';
import type { Table } from '../table.ts';
import { assignStrata } from './assign-strata.ts';
import { type Folds, type FoldsInput, makeFolds } from './folds.ts';
import { gather } from './gather.ts';
import { type KeptTogether, rowGroups } from './row-groups.ts';
import { strataOf } from './strata.ts';
import { latestRows, orderByTime } from './time-order.ts';

/** Sizes of a split. */
export interface SplitOptions {
  /** @default 0.2 */
  readonly vaultShare?: number;
  /** @default 50 */
  readonly vaultMin?: number;
  /** @default 20000 */
  readonly vaultMax?: number;
  /** Fewer rows than this get no vault. @default 100 */
  readonly vaultFromRows?: number;
  /** The host gave test data of its own, so that no row goes to a vault. @default false */
  readonly hostTest?: boolean;
  /** @default 5 */
  readonly folds?: number;
  /** @default 5 below 200 rows, 3 below 1,000, else 1 */
  readonly repeats?: number;
}

/** What a split is made from. */
export interface SplitInput {
  readonly table: Table;
  readonly target: string;
  readonly task: TaskKind;
  /** Columns that the model may use: rows equal in all of them stay together. @default all but target, group and entity */
  readonly inputs?: readonly string[];
  readonly roles?: { readonly group?: string; readonly entity?: string; readonly time?: string };
  readonly seed: number | string;
  readonly options?: SplitOptions;
}

/** Why a split is as it is; `evidence` holds counts only. */
export interface SplitReason {
  readonly code:
    | 'TARGET_MISSING'
    | 'HOST_TEST_DATA'
    | 'TOO_FEW_ROWS'
    | 'BY_TIME'
    | 'TIME_MISSING'
    | 'TIME_NOT_SEPARABLE'
    | 'ONE_TIME_TO_LEARN_FROM'
    | 'GROUPS_CROSS_TIME'
    | 'GROUPS_KEPT'
    | 'GROUPS_DO_NOT_REPEAT'
    | 'TOO_FEW_GROUPS'
    | 'STRATIFIED'
    | 'DUPLICATES_KEPT_TOGETHER'
    | 'DUPLICATES_NOT_SEPARABLE'
    | 'REPEATED_FOLDS'
    | 'FEWER_FOLDS';
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** Which rows are learned from, which are kept in the vault, and how the first are validated. */
export interface Split {
  readonly formatVersion: 1;
  /** How the vault was chosen; `none` where there is none. */
  readonly method: 'stratified' | 'grouped' | 'time' | 'none';
  /** How the folds were made. */
  readonly foldMethod: 'stratified' | 'grouped' | 'time';
  /** Rows of the table outside the vault: ascending, or in time order where the method is `time`. */
  readonly train: Uint32Array;
  /** Rows of the vault, in the same kind of order. Empty where there is none. */
  readonly vault: Uint32Array;
  /** Rows without a target: in neither. */
  readonly setAside: Uint32Array;
  /** Folds over positions in `train`. */
  readonly folds: Folds;
  /** What the folds were made from, for {@link nestedFolds}; positions are those of `train`. */
  readonly foldsInput: FoldsInput;
  /** Group number of each row of `vault`, where groups are kept whole: intervals resample these. */
  readonly vaultGroups?: Int32Array;
  readonly reasons: readonly SplitReason[];
}

/** Where the last time alone holds more of the rows than this, order can't be tested: a split by time would leave too little to learn from. */
const maxLatestShare = 0.6;

/**
 * Splits the vault off and makes the validation folds, before anything else sees the data.
 *
 * Rows without a target are set aside first. Where a time column is named, the latest rows go to the vault (rows of equal
 * time stay together) and folds are expanding windows, unless the last time alone holds most rows. Else where a group or entity repeats, groups stay whole. Classes
 * (or quantile bins of a regression target) are balanced as well as that allows. Rows that are equal in every input stay
 * on one side; where so many rows are equal that this would unbalance the split, they are counted instead.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN for a named column that is not there; DATA_EMPTY where no row has a target;
 * REQUEST_INVALID for a time column that is neither datetime nor number.
 */
export function splitRows(input: SplitInput): Split {
  const { table, task, roles = {}, options = {} } = input;
  const target = columnOf(table, input.target);
  const reasons: SplitReason[] = [];
  const present: number[] = [];
  const absent: number[] = [];
  for (let row = 0; row < table.rowCount; row++) (isMissing(target, row) ? absent : present).push(row);
  if (absent.length > 0) reasons.push({ code: 'TARGET_MISSING', evidence: { rows: absent.length } });
  if (present.length < 2) {
    throw new TrainerError(
      'DATA_EMPTY',
      `Expected at least 2 rows with a value in the target column, got ${present.length} of ${table.rowCount}. Check the target column.`,
      { details: { rows: present.length } },
    );
  }
  let rows: Uint32Array = Uint32Array.from(present);
  const vaultSize = vaultSizeOf(rows.length, options, reasons);
  let timeRanks: Int32Array | undefined;
  if (roles.time !== undefined) {
    const order = orderByTime(columnOf(table, roles.time), rows);
    if (order.missing > 0) reasons.push({ code: 'TIME_MISSING', evidence: { rows: order.missing } });
    const last = latestRows(order.ranks, Math.max(1, vaultSize)).reduce((sum, value) => sum + value, 0);
    if (last > maxLatestShare * rows.length) {
      reasons.push({ code: 'TIME_NOT_SEPARABLE', evidence: { rowsOfLastTime: last } });
    } else {
      rows = order.rows;
      timeRanks = order.ranks;
    }
  }
  const together = rowGroups(input, rows);
  const { strata, count: stratumCount } = strataOf(target, task, rows);
  const random = createRandom(`${input.seed}/split`);

  let inVault: Uint8Array;
  let method: Split['method'] = 'none';
  let groups = together.groups;
  if (vaultSize === 0) {
    inVault = new Uint8Array(rows.length);
  } else if (timeRanks !== undefined) {
    method = 'time';
    inVault = latestRows(timeRanks, vaultSize);
  } else {
    if (together.byEntity && together.unitCount < 2) {
      reasons.push({ code: 'TOO_FEW_GROUPS', evidence: { groups: together.unitCount } });
      groups = undefined;
    }
    method = together.byEntity && groups !== undefined ? 'grouped' : 'stratified';
    const share = vaultSize / rows.length;
    inVault = assignStrata({
      strata,
      stratumCount,
      ...(groups === undefined ? {} : { groups }),
      shares: [1 - share, share],
      random: random.fork('vault'),
    });
  }
  const positions = (side: number): Uint32Array => {
    const found: number[] = [];
    for (let at = 0; at < inVault.length; at++) if (inVault[at] === side) found.push(at);
    return Uint32Array.from(found);
  };
  const trainAt = positions(0);
  const vaultAt = positions(1);
  explain(reasons, together, timeRanks !== undefined, inVault, method);

  const repeats = options.repeats ?? (trainAt.length < 200 ? 5 : trainAt.length < 1000 ? 3 : 1);
  let foldRanks = timeRanks === undefined ? undefined : gather(timeRanks, trainAt);
  if (foldRanks !== undefined && foldRanks[0] === foldRanks.at(-1)) {
    reasons.push({ code: 'ONE_TIME_TO_LEARN_FROM', evidence: { rows: trainAt.length } });
    foldRanks = undefined;
  }
  let foldGroups = groups === undefined || foldRanks !== undefined ? undefined : gather(groups, trainAt);
  if (foldGroups !== undefined && new Set(foldGroups).size < 2) {
    reasons.push({ code: 'TOO_FEW_GROUPS', evidence: { groups: new Set(foldGroups).size } });
    foldGroups = undefined;
  }
  const foldsInput: FoldsInput = {
    rowCount: trainAt.length,
    strata: gather(strata, trainAt),
    stratumCount,
    ...(foldGroups === undefined ? {} : { groups: foldGroups }),
    ...(foldRanks === undefined ? {} : { timeRanks: foldRanks }),
    count: options.folds ?? 5,
    repeats,
    seed: `${input.seed}/folds`,
  };
  const folds = makeFolds(foldsInput);
  if (folds.repeats > 1)
    reasons.push({ code: 'REPEATED_FOLDS', evidence: { repeats: folds.repeats, rows: trainAt.length } });
  if (folds.count < (options.folds ?? 5)) reasons.push({ code: 'FEWER_FOLDS', evidence: { folds: folds.count } });
  return {
    formatVersion: 1,
    method,
    foldMethod:
      foldRanks !== undefined ? 'time' : together.byEntity && foldGroups !== undefined ? 'grouped' : 'stratified',
    train: gather(rows, trainAt),
    vault: gather(rows, vaultAt),
    setAside: Uint32Array.from(absent),
    folds,
    foldsInput,
    ...(groups === undefined || method !== 'grouped' ? {} : { vaultGroups: gather(groups, vaultAt) }),
    reasons,
  };
}

function vaultSizeOf(rowCount: number, options: SplitOptions, reasons: SplitReason[]): number {
  if (options.hostTest === true) {
    reasons.push({ code: 'HOST_TEST_DATA', evidence: { rows: rowCount } });
    return 0;
  }
  const from = options.vaultFromRows ?? 100;
  if (rowCount < from) {
    reasons.push({ code: 'TOO_FEW_ROWS', evidence: { rows: rowCount, needed: from } });
    return 0;
  }
  const wanted = Math.round(rowCount * (options.vaultShare ?? 0.2));
  return Math.min(rowCount - 2, options.vaultMax ?? 20_000, Math.max(options.vaultMin ?? 50, wanted));
}

function explain(
  reasons: SplitReason[],
  together: KeptTogether,
  byTime: boolean,
  inVault: Uint8Array,
  method: Split['method'],
): void {
  const { groups, byEntity, duplicates } = together;
  if (byTime) reasons.push({ code: 'BY_TIME', evidence: { rows: inVault.reduce((sum, value) => sum + value, 0) } });
  if (method === 'stratified') reasons.push({ code: 'STRATIFIED', evidence: {} });
  if (together.entityNamed && !byEntity) reasons.push({ code: 'GROUPS_DO_NOT_REPEAT', evidence: {} });
  if (byEntity && !byTime) reasons.push({ code: 'GROUPS_KEPT', evidence: { groups: together.unitCount } });
  if (byEntity && byTime && groups !== undefined) {
    const sides = new Map<number, number>();
    for (let i = 0; i < groups.length; i++) sides.set(groups[i]!, (sides.get(groups[i]!) ?? 0) | (1 << inVault[i]!));
    const crossing = [...sides.values()].filter((side) => side === 3).length;
    if (crossing > 0) reasons.push({ code: 'GROUPS_CROSS_TIME', evidence: { groups: crossing } });
  }
  if (duplicates.rows > 0) {
    const kept = duplicates.kept && !byTime;
    reasons.push({
      code: kept ? 'DUPLICATES_KEPT_TOGETHER' : 'DUPLICATES_NOT_SEPARABLE',
      evidence: { rows: duplicates.rows, acrossVault: kept ? 0 : crossingRows(duplicates.ids, inVault) },
    });
  }
}

/** Vault rows that equal a row outside the vault in every input. */
function crossingRows(ids: Int32Array, inVault: Uint8Array): number {
  const outside = new Set<number>();
  for (let i = 0; i < ids.length; i++) if (inVault[i] === 0) outside.add(ids[i]!);
  let count = 0;
  for (let i = 0; i < ids.length; i++) if (inVault[i] === 1 && outside.has(ids[i]!)) count++;
  return count;
}
