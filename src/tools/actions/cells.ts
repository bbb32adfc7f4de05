import { decodeTable } from '../data/columnar/encode-table.ts';
import { textAt } from '../data/columns/texts.ts';
import type { Column } from '../data/table.ts';
import { defineAction } from './action.ts';

export interface CellsInput {
  /** Blob of a table. */
  readonly table: string;
  readonly columns: readonly string[];
  /** Different values of a column. */
  readonly each: number;
}

/** Rows that are looked at for different values. */
const mostRows = 1000;

/** The first different values of some columns, as texts by column; they are cells, so they go into a blob. */
export const cells = defineAction<CellsInput, { readonly cells: string }>({
  name: 'cells',
  async run({ table: hash, columns, each }, context) {
    const table = decodeTable(await context.blobs.get(hash));
    const found: Record<string, readonly string[]> = {};
    for (const name of columns) {
      const column = table.columns.find((candidate) => candidate.name === name);
      if (column !== undefined) found[name] = firstValues(column, Math.min(table.rowCount, mostRows), each);
    }
    return { cells: await context.blobs.put(new TextEncoder().encode(JSON.stringify(found))) };
  },
});

function firstValues(column: Column, rows: number, most: number): readonly string[] {
  const values = new Set<string>();
  for (let row = 0; row < rows && values.size < most; row++) {
    const { validity } = column;
    if (validity === undefined || ((validity[row >> 3]! >> (row & 7)) & 1) === 1) values.add(textOf(column, row));
  }
  return [...values];
}

function textOf(column: Column, row: number): string {
  switch (column.kind) {
    case 'category':
      return column.dictionary[column.codes[row]!]!;
    case 'text':
      return textAt(column, row);
    case 'boolean':
      return column.labels[column.values[row] === 1 ? 1 : 0];
    case 'datetime':
      return new Date(column.values[row]!).toISOString();
    case 'number':
      return String(column.values[row]!);
  }
}
