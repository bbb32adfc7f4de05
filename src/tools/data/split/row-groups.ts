import { columnOf } from '../rows.ts';
import type { Table } from '../table.ts';
import { columnKeys } from './column-keys.ts';
import { gather } from './gather.ts';
import { equalRows, rowHashes } from './row-hashes.ts';

/** Which rows must stay on one side of a split. */
export interface KeptTogether {
  /** Group number of each given row; absent where every row stands alone. */
  readonly groups?: Int32Array;
  /** Number of different groups (rows that stand alone count as one each). */
  readonly unitCount: number;
  /** A group or entity column was named. */
  readonly entityNamed: boolean;
  /** A group or entity column was named, and its values repeat. */
  readonly byEntity: boolean;
  readonly duplicates: {
    /** Rows that equal an earlier one in every input. */
    readonly rows: number;
    /** Whether equal rows are in one group. */
    readonly kept: boolean;
    /** Number shared by equal rows. */
    readonly ids: Int32Array;
  };
}

/** Of equal rows the largest cluster may be this share of all, and repeats this share, to be kept together. */
const clusterShare = 0.05;
const repeatShare = 0.5;

/**
 * Groups rows by the group and entity columns and by equality in every input. Data whose rows are mostly equal (a few
 * columns of few values) are not grouped by equality: there a repeat is no copy, and whole clusters could not be balanced.
 */
export function rowGroups(
  input: {
    readonly table: Table;
    readonly target: string;
    readonly inputs?: readonly string[];
    readonly roles?: { readonly group?: string; readonly entity?: string; readonly time?: string };
  },
  rows: Uint32Array,
): KeptTogether {
  const { table, roles = {} } = input;
  const named = [...new Set([roles.group, roles.entity])].filter((name) => name !== undefined);
  const names =
    input.inputs ??
    table.columns.map((column) => column.name).filter((name) => name !== input.target && !named.includes(name));
  const hashes = rowHashes(
    table,
    names.filter((name) => name !== input.target).map((name) => columnOf(table, name)),
  );
  const equal = equalRows({ high: gather(hashes.high, rows), low: gather(hashes.low, rows) });
  const repeats = rows.length - equal.distinct;
  const clusters = new Int32Array(rows.length);
  let largest = 0;
  for (const id of equal.ids) largest = Math.max(largest, ++clusters[id]!);
  const kept =
    repeats > 0 && repeats <= rows.length * repeatShare && largest <= Math.max(2, rows.length * clusterShare);

  const parent = new Int32Array(rows.length);
  for (let i = 0; i < parent.length; i++) parent[i] = i;
  const root = (at: number): number => {
    let node = at;
    while (parent[node] !== node) {
      parent[node] = parent[parent[node]!]!;
      node = parent[node]!;
    }
    return node;
  };
  const join = (a: number, b: number): void => {
    const left = root(a);
    const right = root(b);
    if (left !== right) parent[Math.max(left, right)] = Math.min(left, right);
  };
  let byEntity = false;
  for (const name of named) {
    const { keys } = columnKeys(columnOf(table, name), rows);
    const first = new Map<number, number>();
    for (let i = 0; i < rows.length; i++) {
      const key = keys[i]!;
      if (key < 0) continue; // a row without a group stands alone
      const other = first.get(key);
      if (other === undefined) first.set(key, i);
      else {
        byEntity = true;
        join(other, i);
      }
    }
  }
  if (kept) for (let i = 0; i < rows.length; i++) join(equal.ids[i]!, i);
  let unitCount = 0;
  for (let i = 0; i < rows.length; i++) {
    const own = root(i);
    if (own === i) unitCount++;
    parent[i] = own;
  }
  return {
    ...(byEntity || kept ? { groups: parent } : {}),
    unitCount,
    entityNamed: named.length > 0,
    byEntity,
    duplicates: { rows: repeats, kept, ids: equal.ids },
  };
}
