import { sampleCells } from '../core/privacy.ts';
import type { StageContext } from '../core/stage.ts';
import { callAction } from './call-action.ts';

/** Cells of columns, by column. */
export type ShownCells = Readonly<Record<string, readonly string[]>>;

/** Cells of all columns of one question. */
const mostCells = 20;

/**
 * Cells of columns that a question is about, at most 20 in all, redacted: only where a language model is there and may see
 * samples. Columns that name rows show none.
 *
 * @param table blob
 * @param columns the most important first
 */
export async function showCells(
  context: StageContext,
  table: string,
  columns: readonly { readonly name: string; readonly identifier?: boolean }[],
): Promise<ShownCells | undefined> {
  const names = columns.filter(({ identifier }) => identifier !== true).map(({ name }) => name);
  if (!context.mayShow('samples') || names.length === 0) return undefined;
  const each = Math.max(1, Math.floor(mostCells / names.length));
  const { cells } = await callAction(context, 'cells', { table, columns: names.slice(0, mostCells), each });
  const found = await context.blobJson<ShownCells>(cells);
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, sampleCells(values)]));
}
