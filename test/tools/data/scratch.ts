import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { columnValue } from '../../../src/tools/data/rows.ts';
import type { Table } from '../../../src/tools/data/table.ts';

/** A folder for files of one test file, and what writes into it. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'tables-'));
  let count = 0;
  return {
    folder,
    write(content: string | Uint8Array, name = 'data.csv'): string {
      const path = join(folder, `${count++}-${name}`);
      writeFileSync(path, content);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** All values of a table by column name. */
export function valuesOf(table: Table): Record<string, unknown[]> {
  return Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      Array.from({ length: table.rowCount }, (_, row) => columnValue(column, row)),
    ]),
  );
}
