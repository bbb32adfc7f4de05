import { columnOf } from '../rows.ts';
import { gather } from '../split/gather.ts';
import { equalRows, rowHashes } from '../split/row-hashes.ts';
import type { Table } from '../table.ts';
import type { CheckResult } from './check-result.ts';

/** Counts vault rows that equal a learning row in every input, by their hashes; the vault's targets are not looked at. */
export function checkAcrossVault(train: Table, vault: Table, inputs: readonly string[]): CheckResult[] {
  const hash = (table: Table): string[] => {
    const { high, low } = rowHashes(
      table,
      inputs.map((name) => columnOf(table, name)),
    );
    return Array.from(high, (value, row) => `${value}/${low[row]}`);
  };
  const known = new Set(hash(train));
  const rows = hash(vault).filter((key) => known.has(key)).length;
  if (rows === 0) return [];
  const share = rows / vault.rowCount;
  return [{ code: 'DUPLICATES_ACROSS_VAULT', severity: share >= 0.05 ? 'warning' : 'info', evidence: { rows, share } }];
}

/** Finds rows with equal inputs and different classes, and the accuracy that they leave possible at best. */
export function checkConflicts(
  table: Table,
  inputs: readonly string[],
  rows: Uint32Array,
  classes: Float64Array,
): CheckResult[] {
  const { high, low } = rowHashes(
    table,
    inputs.map((name) => columnOf(table, name)),
  );
  const { ids, distinct } = equalRows({ high: gather(high, rows), low: gather(low, rows) });
  if (distinct === rows.length) return [];
  const counts = new Map<number, Map<number, number>>();
  for (let i = 0; i < ids.length; i++) {
    const held = counts.get(ids[i]!) ?? new Map<number, number>();
    held.set(classes[i]!, (held.get(classes[i]!) ?? 0) + 1);
    counts.set(ids[i]!, held);
  }
  let conflicting = 0;
  let majority = 0;
  for (const held of counts.values()) {
    const sizes = [...held.values()];
    majority += Math.max(...sizes);
    if (held.size > 1) conflicting += sizes.reduce((sum, size) => sum + size, 0);
  }
  if (conflicting === 0) return [];
  const share = conflicting / ids.length;
  const evidence = { rows: conflicting, share, bestPossibleAccuracy: majority / ids.length };
  return [{ code: 'CONFLICTING_LABELS', severity: share >= 0.01 ? 'warning' : 'info', evidence }];
}
