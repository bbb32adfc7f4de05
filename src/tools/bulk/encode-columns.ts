import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { formatOf } from '../artefact/column-formats.ts';
import { reservedProblem, valueProblem } from '../artefact/encode-records.ts';
import { toFloat32 } from '../artefact/input-tensors.ts';
import type { ColumnFormat } from '../data/columns/column-format.ts';
import type { RawColumn } from '../data/columns/finish-column.ts';
import { parseText } from '../data/columns/parse-value.ts';
import { textAt } from '../data/columns/texts.ts';
import { type EncodedCategories, type EncodedRows, missingTime } from './encoded-rows.ts';

/** A text as a value of the column; null where missing, undefined where it is none. */
type Parse = (text: string) => number | string | null | undefined;

interface InputColumn {
  readonly input: SignatureInput;
  readonly parse: Parse;
}

/** Turns columns as a reader made them into rows of a model. `columns[i]` is of the signature's input `i`. */
export type ColumnEncoder = (columns: readonly RawColumn[], rowCount: number) => EncodedRows;

/** Makes the encoder of a signature: texts are read by the format of each column, as those of records are. */
export function createColumnEncoder(signature: ModelSignature): ColumnEncoder {
  const inputs = signature.inputs.map((input) => ({ input, parse: parserOf(input) }));
  const countOf = (tensor: string): number => inputs.filter(({ input }) => input.tensor === tensor).length;
  const [numberCount, datetimeCount] = [countOf('numbers'), countOf('datetimes')];
  return (columns, rowCount) => {
    const numbers = new Float32Array(rowCount * numberCount).fill(Number.NaN);
    const datetimes = new Float64Array(rowCount * datetimeCount).fill(missingTime);
    const categories: EncodedCategories[] = [];
    const problems = new Map<number, string>();
    const note = (row: number, text: string): void => {
      if (!problems.has(row)) problems.set(row, text);
    };
    inputs.forEach((own, i) => {
      const { input } = own;
      if (input.tensor === 'categories')
        categories[input.index] = encodeCategories(own, columns[i]!, rowCount, signature.missingCategory, note);
      else if (input.tensor === 'datetimes')
        eachValue(own, columns[i]!, rowCount, note, (row, value) => {
          datetimes[row * datetimeCount + input.index] = Math.floor(value);
        });
      else
        eachValue(own, columns[i]!, rowCount, note, (row, value) => {
          numbers[row * numberCount + input.index] = toFloat32(value);
        });
    });
    return { rowCount, numbers, categories, datetimes, problems };
  };
}

function parserOf(input: SignatureInput): Parse {
  const format = formatOf(input);
  if (format.kind !== 'number' || format.unit === undefined) return (text) => parseText(text, format);
  // A text without the unit says what the number 12 says: the signature tells what it is in.
  const { unit: _, ...bare } = format as ColumnFormat & { readonly kind: 'number' };
  return (text) => {
    const value = parseText(text, format);
    return value === undefined ? parseText(text, bare) : value;
  };
}

const unreadable = (input: SignatureInput): string => {
  const { column, problem } = valueProblem(0, input, 'a text that can not be read as one');
  return `${JSON.stringify(column)}: ${problem}`;
};

type Note = (row: number, text: string) => void;

function eachValue(
  { input, parse }: InputColumn,
  raw: RawColumn,
  rowCount: number,
  note: Note,
  set: (row: number, value: number) => void,
): void {
  if ('values' in raw) {
    const { values, missing } = raw;
    if (missing.count === 0) for (let row = 0; row < rowCount; row++) set(row, values[row]!);
    else for (let row = 0; row < rowCount; row++) if (!missing.has(row)) set(row, values[row]!);
    return;
  }
  const problem = unreadable(input);
  const put = (row: number, value: ReturnType<Parse>): void => {
    if (typeof value === 'number') set(row, value);
    else if (value !== null) note(row, problem);
  };
  if (raw.type === 'bytes') {
    for (let row = 0; row < rowCount; row++) put(row, parse(textAt(raw, row)));
    return;
  }
  const parsed = raw.dictionary.map(parse);
  for (let row = 0; row < rowCount; row++) if (raw.codes[row]! >= 0) put(row, parsed[raw.codes[row]!]);
}

function encodeCategories(
  { input, parse }: InputColumn,
  raw: RawColumn,
  rowCount: number,
  reserved: string,
  note: Note,
): EncodedCategories {
  const { column, problem } = reservedProblem(0, input);
  const refused = `${JSON.stringify(column)}: ${problem}`;
  const isThere = (value: ReturnType<Parse>): value is string => typeof value === 'string';
  const codes = new Int32Array(rowCount).fill(-1);
  if ('codes' in raw) {
    const dictionary = raw.dictionary.map(parse);
    for (let row = 0; row < rowCount; row++) {
      const code = raw.codes[row]!;
      if (code < 0 || !isThere(dictionary[code])) continue;
      if (dictionary[code] === reserved) note(row, refused);
      else codes[row] = code;
    }
    return { codes, dictionary: dictionary.map((value) => (isThere(value) ? value : '')) };
  }
  const dictionary = new Map<string, number>();
  const textOf = 'values' in raw ? (row: number) => String(raw.values[row]) : (row: number) => textAt(raw, row);
  for (let row = 0; row < rowCount; row++) {
    if ('values' in raw && raw.missing.has(row)) continue;
    const value = parse(textOf(row));
    if (!isThere(value)) continue;
    if (value === reserved) {
      note(row, refused);
      continue;
    }
    const known = dictionary.get(value);
    codes[row] = known ?? dictionary.size;
    if (known === undefined) dictionary.set(value, dictionary.size);
  }
  return { codes, dictionary: [...dictionary.keys()] };
}
