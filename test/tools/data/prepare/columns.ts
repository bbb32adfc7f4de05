import type { Column, Table } from '../../../../src/tools/data/table.ts';

/** A validity bitmap, or none where nothing is missing. */
function validityOf(cells: readonly unknown[]): { validity?: Uint8Array } {
  if (cells.every((cell) => cell !== null)) return {};
  const validity = new Uint8Array(Math.ceil(cells.length / 8));
  cells.forEach((cell, row) => {
    if (cell !== null) validity[row >> 3]! |= 1 << (row & 7);
  });
  return { validity };
}

export function numbers(name: string, cells: readonly (number | null)[]): Column {
  return { name, kind: 'number', values: Float64Array.from(cells, (cell) => cell ?? 0), ...validityOf(cells) };
}

export function datetimes(name: string, cells: readonly (number | null)[]): Column {
  return { name, kind: 'datetime', values: Float64Array.from(cells, (cell) => cell ?? 0), ...validityOf(cells) };
}

export function booleans(name: string, cells: readonly (boolean | null)[]): Column {
  return {
    name,
    kind: 'boolean',
    values: Uint8Array.from(cells, (cell) => (cell === true ? 1 : 0)),
    labels: ['no', 'yes'],
    ...validityOf(cells),
  };
}

export function categories(name: string, cells: readonly (string | null)[]): Column {
  const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
  const codeOf = new Map(dictionary.map((value, code) => [value, code]));
  const codes = Int32Array.from(cells, (cell) => (cell === null ? 0 : codeOf.get(cell)!));
  return { name, kind: 'category', codes, dictionary, ...validityOf(cells) };
}

export function texts(name: string, cells: readonly (string | null)[]): Column {
  const encoded = cells.map((cell) => new TextEncoder().encode(cell ?? ''));
  const offsets = new Uint32Array(cells.length + 1);
  encoded.forEach((bytes, row) => {
    offsets[row + 1] = offsets[row]! + bytes.length;
  });
  return { name, kind: 'text', offsets, bytes: Buffer.concat(encoded), ...validityOf(cells) };
}

export function table(...columns: readonly Column[]): Table {
  const [first] = columns;
  if (first === undefined) return { rowCount: 0, columns };
  if (first.kind === 'text') return { rowCount: first.offsets.length - 1, columns };
  return { rowCount: first.kind === 'category' ? first.codes.length : first.values.length, columns };
}

/** An array from a function of its index. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
