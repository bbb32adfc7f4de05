import { type BlobArray, damaged, decodeArrays, encodeArrays } from '../../../core/helpers/encode-arrays.ts';
import { bitmapBytes } from '../columns/bitmap.ts';
import type { Column, Table } from '../table.ts';

interface TableHeader {
  readonly table: 1;
  readonly rowCount: number;
  readonly columns: readonly ColumnHeader[];
}

type ColumnHeader = { readonly name: string } & (
  | { readonly kind: 'number'; readonly unit?: string }
  | { readonly kind: 'category'; readonly dictionary: readonly string[] }
  | { readonly kind: 'text' }
  | { readonly kind: 'datetime' }
  | { readonly kind: 'boolean'; readonly labels: readonly [string, string] }
);

/** A table as one blob, in pieces to be written one after another; the same table gives the same bytes. */
export function encodeTable(table: Table): Uint8Array[] {
  const arrays: Record<string, BlobArray> = {};
  const columns: ColumnHeader[] = [];
  for (const [index, column] of table.columns.entries()) {
    if (column.validity !== undefined) arrays[`${index}.validity`] = column.validity;
    const { name, kind } = column;
    switch (kind) {
      case 'number':
        arrays[`${index}.values`] = column.values;
        columns.push({ name, kind, ...(column.unit !== undefined && { unit: column.unit }) });
        break;
      case 'datetime':
        arrays[`${index}.values`] = column.values;
        columns.push({ name, kind });
        break;
      case 'boolean':
        arrays[`${index}.values`] = column.values;
        columns.push({ name, kind, labels: column.labels });
        break;
      case 'category':
        arrays[`${index}.codes`] = column.codes;
        columns.push({ name, kind, dictionary: column.dictionary });
        break;
      case 'text':
        arrays[`${index}.offsets`] = column.offsets;
        arrays[`${index}.bytes`] = column.bytes;
        columns.push({ name, kind });
        break;
    }
  }
  return encodeArrays({ table: 1, rowCount: table.rowCount, columns } satisfies TableHeader, arrays);
}

/**
 * Reads a blob of {@link encodeTable}; the columns are views of `bytes` where these are aligned in memory.
 *
 * @throws {TrainerError} FORMAT_VERSION, STORE_FAILED
 */
export function decodeTable(bytes: Uint8Array): Table {
  const { json, arrays } = decodeArrays(bytes);
  const header = json as TableHeader;
  if (typeof header !== 'object' || header === null || header.table !== 1 || !Array.isArray(header.columns)) {
    throw damaged('it holds no table');
  }
  const { rowCount } = header;
  if (!Number.isSafeInteger(rowCount) || rowCount < 0) throw damaged('it has no number of rows');
  const columns = header.columns.map((column: ColumnHeader, index): Column => {
    const array = <T extends BlobArray>(part: string, type: new (length: number) => T, length?: number): T => {
      const found = arrays[`${index}.${part}`];
      if (!(found instanceof type) || (length !== undefined && found.length !== length)) {
        throw damaged(`column ${index} lacks its ${part}`);
      }
      return found;
    };
    if (typeof column?.name !== 'string') throw damaged(`column ${index} has no name`);
    const hasValidity = arrays[`${index}.validity`] !== undefined;
    const validity = hasValidity ? { validity: array('validity', Uint8Array, bitmapBytes(rowCount)) } : {};
    const base = { name: column.name, ...validity };
    switch (column.kind) {
      case 'number': {
        const unit = column.unit === undefined ? {} : { unit: column.unit };
        return { ...base, kind: 'number', values: array('values', Float64Array, rowCount), ...unit };
      }
      case 'datetime':
        return { ...base, kind: 'datetime', values: array('values', Float64Array, rowCount) };
      case 'boolean':
        if (!isTexts(column.labels) || column.labels.length !== 2) throw damaged(`column ${index} lacks its labels`);
        return { ...base, kind: 'boolean', values: array('values', Uint8Array, rowCount), labels: column.labels };
      case 'category': {
        if (!isTexts(column.dictionary)) throw damaged(`column ${index} lacks its dictionary`);
        const codes = array('codes', Int32Array, rowCount);
        const size = column.dictionary.length;
        for (let row = 0; row < rowCount; row++) {
          const code = codes[row]!;
          if (code < 0 || (code >= size && code !== 0))
            throw damaged(`column ${index} has codes outside its dictionary`);
        }
        return { ...base, kind: 'category', codes, dictionary: column.dictionary };
      }
      case 'text': {
        const offsets = array('offsets', Uint32Array, rowCount + 1);
        const text = array('bytes', Uint8Array);
        for (let row = 0; row < rowCount; row++) {
          if (offsets[row]! > offsets[row + 1]!) throw damaged(`column ${index} has offsets out of order`);
        }
        if (offsets[rowCount]! > text.length) throw damaged(`column ${index} has offsets outside its bytes`);
        return { ...base, kind: 'text', offsets, bytes: text };
      }
      default:
        throw damaged(`column ${index} is of a kind that is not known`);
    }
  });
  return { rowCount, columns };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
