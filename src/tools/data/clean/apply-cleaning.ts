import { isMissing } from '../prepare/cells.ts';
import { columnOf } from '../rows.ts';
import type { Column, Table } from '../table.ts';
import type { CleaningPlan, LabelMerge } from './cleaning-plan.ts';

/**
 * Applies a plan to any table of the same columns: keeps the inputs, the target and the columns with a role, in the order of
 * the source, and gives merged class labels one spelling.
 *
 * @returns the table, with all its rows, and the numbers of the rows that have a target (all, where the target column is
 * absent, as in data to predict).
 */
export function applyCleaning(
  table: Table,
  plan: CleaningPlan,
): { readonly table: Table; readonly rows: Uint32Array; readonly inputs: readonly string[] } {
  const inputs = plan.columns.flatMap(({ action, column }) => (action === 'use' ? [column] : []));
  for (const name of inputs) columnOf(table, name);
  const wanted = new Set([...inputs, plan.target, ...plan.roleColumns]);
  const columns = table.columns
    .filter(({ name }) => wanted.has(name))
    .map((column) => (column.name === plan.target ? renameLabels(column, plan.labelMerges) : column));
  const target = columns.find(({ name }) => name === plan.target);
  const rows: number[] = [];
  for (let row = 0; row < table.rowCount; row++) if (target === undefined || !isMissing(target, row)) rows.push(row);
  return { table: { rowCount: table.rowCount, columns }, rows: Uint32Array.from(rows), inputs };
}

function renameLabels(column: Column, merges: readonly LabelMerge[]): Column {
  if (column.kind !== 'category' || merges.length === 0) return column;
  const names = new Map(merges.flatMap(({ to, from }) => from.map(({ label }) => [label, to])));
  const dictionary: string[] = [];
  const codeOf = new Map<string, number>();
  const recoded = column.dictionary.map((value) => {
    const name = names.get(value) ?? value;
    if (!codeOf.has(name)) {
      codeOf.set(name, dictionary.length);
      dictionary.push(name);
    }
    return codeOf.get(name)!;
  });
  return { ...column, dictionary, codes: column.codes.map((code) => recoded[code] ?? 0) };
}
