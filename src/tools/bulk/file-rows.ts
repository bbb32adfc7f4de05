import { createReadStream } from 'node:fs';
import type { Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature } from '../../onnx/signature.ts';
import { formatOf } from '../artefact/column-formats.ts';
import { createRecordEncoder, type RecordProblem } from '../artefact/encode-records.ts';
import { encodeTableForModel } from '../artefact/encode-table.ts';
import { uniqueNames } from '../data/columns/unique-names.ts';
import { type ScanKind, scanKind } from '../data/csv/column-store.ts';
import { guessEncoding } from '../data/csv/encoding.ts';
import { type CsvLayout, inspectCsv } from '../data/csv/inspect-csv.ts';
import { readTolerant } from '../data/csv/tolerant.ts';
import { decodeUtf8 } from '../data/json.ts';
import { lines } from '../data/ndjson.ts';
import { readHead, readTable } from '../data/read-table.ts';
import { detectFormat } from '../data/source-format.ts';
import { csvPieces, isUtf8File, type WantedColumn } from './csv-pieces.ts';
import { type ColumnEncoder, createColumnEncoder } from './encode-columns.ts';
import type { EncodedRows } from './encoded-rows.ts';

/** Rows of a file that were read together. */
export interface FileRows {
  readonly rows: EncodedRows;
  /** Number of a row among the rows of data in the file, from 1. */
  numberOf(row: number): number;
  /** Rows among them that could not be read, by reason. */
  readonly setAside: readonly { readonly reason: string; readonly count: number; readonly rows: readonly number[] }[];
}

/** Rows of a table, and lines of NDJSON, that are encoded together. */
const [tableRows, lineRows] = [16_384, 512];

/**
 * Reads a file as rows of a model, in the file's order: CSV in UTF-8 and NDJSON as they come, the rest whole.
 *
 * @throws {TrainerError} RECORD_INVALID, DATA_NOT_FOUND, DATA_NOT_READABLE, DATA_EMPTY, DATA_FORMAT, DATA_ENCODING, DATA_TOO_WIDE
 */
export async function* fileRows(
  path: string,
  signature: ModelSignature,
  signal?: AbortSignal,
): AsyncGenerator<FileRows> {
  const { head, size } = await readHead(path);
  const format = detectFormat(head, path);
  if (format === 'ndjson') {
    yield* ndjsonRows(path, signature);
    return;
  }
  const { encoding, markBytes } = guessEncoding(head);
  if (format === 'csv' && encoding === 'utf-8' && (await isUtf8File(path))) {
    const layout = inspectCsv({ path }, markBytes, size, {});
    const { delimiter, quote, lineEnd } = layout.dialect;
    // A quote behind a backslash means one thing to the strict reader and another to who wrote it.
    const isStrict = delimiter.length === 1 && quote.length <= 1 && lineEnd !== '\r';
    const isPlain = isStrict && !layout.headText.includes(`\\${quote || '"'}`);
    if (isPlain && (yield* csvRows(path, layout, signature, signal))) return;
  }
  yield* wholeRows(path, signature, signal);
}

/** @returns whether the file was read; where its first rows are none that the model's formats can read, nothing was. */
async function* csvRows(
  path: string,
  layout: CsvLayout,
  signature: ModelSignature,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileRows, boolean> {
  const { names } = uniqueNames(layout.names);
  const wanted = signature.inputs.map((input): WantedColumn => {
    const position = names.indexOf(input.name);
    if (position < 0) throw lacksColumn(input.name, names.length);
    const format = formatOf(input);
    const isPlain = format.missing === undefined || format.missing.length === 0;
    const isNumber = format.kind === 'number' && format.decimal === '.' && format.unit === undefined;
    const isIso = format.kind === 'datetime' && format.order === 'ymd';
    const kind: ScanKind =
      isPlain && isNumber ? scanKind.number : isPlain && isIso ? scanKind.datetime : scanKind.codes;
    return { position, kind };
  });
  const encode = createColumnEncoder(signature);
  const pieces = csvPieces(path, layout, wanted, signal);
  for (let isFirst = true; ; isFirst = false) {
    const step = await pieces.next();
    if (step.done === true) {
      const { doubt, position, records } = step.value;
      if (doubt === undefined) return true;
      if (isFirst) return false;
      yield* tolerantRows(path, layout, { position, records }, wanted, encode, signal);
      return true;
    }
    const { rowCount, columns, firstRecord, tooFew, tooMany } = step.value;
    const rows = encode(columns, rowCount);
    // Numbers with other signs, or no table at all: whoever reads the file whole finds out which.
    if (isFirst && (tooFew.count + tooMany.count) * 2 > rowCount + tooFew.count + tooMany.count) return false;
    if (isFirst && rows.problems.size * 2 > rowCount) return false;
    const left = [...tooFew.rows, ...tooMany.rows].sort((a, b) => a - b);
    yield {
      rows,
      numberOf(row) {
        let number = row + 1;
        for (const record of left) if (record <= number) number++;
        return firstRecord + number;
      },
      setAside: raggedRows({ tooFew, tooMany }, firstRecord),
    };
  }
}

/** Rows of another width than the head's, by reason, numbered from the first row of the file's data. */
function raggedRows(
  { tooFew, tooMany }: Pick<Awaited<ReturnType<typeof readTolerant>>, 'tooFew' | 'tooMany'>,
  before: number,
): FileRows['setAside'] {
  return [
    { reason: 'too-few-fields', ...tooFew },
    { reason: 'too-many-fields', ...tooMany },
  ]
    .filter(({ count }) => count > 0)
    .map((one) => ({ ...one, rows: one.rows.map((row) => before + row) }));
}

/** The rest of a file, from a row on whose quotes stand where RFC 4180 has no rule for them. */
async function* tolerantRows(
  path: string,
  layout: CsvLayout,
  from: { readonly position: number; readonly records: number },
  wanted: readonly WantedColumn[],
  encode: ColumnEncoder,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileRows> {
  const { rowCount, columns, tooFew, tooMany } = await readTolerant(
    { path },
    {
      dialect: { ...layout.dialect, header: false },
      width: layout.names.length,
      start: from.position,
      headText: layout.headText,
      sampleBelow: 4294967296,
      signal,
    },
  );
  const taken = wanted.map(({ position }) => columns[position]!);
  yield {
    rows: encode(taken, rowCount),
    numberOf: (row) => from.records + row + 1,
    setAside: raggedRows({ tooFew, tooMany }, from.records),
  };
}

/** Files that are read whole: their columns get the kinds that their values have. */
async function* wholeRows(
  path: string,
  signature: ModelSignature,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileRows> {
  // Every row gets its prediction: a file is never sampled here.
  const context = signal === undefined ? {} : { signal };
  const { table, report } = await readTable({ kind: 'file', path }, { maxBytes: Number.POSITIVE_INFINITY }, context);
  for (let from = 0; from < table.rowCount; from += tableRows) {
    const to = Math.min(table.rowCount, from + tableRows);
    yield {
      rows: rowsOfTensors(signature, encodeTableForModel(signature, table, { from, to }), to - from, new Map()),
      numberOf: (row) => from + row + 1,
      setAside: from === 0 ? report.setAside : [],
    };
  }
}

async function* ndjsonRows(path: string, signature: ModelSignature): AsyncGenerator<FileRows> {
  const encode = createRecordEncoder(signature);
  let [records, numbers, bad]: [object[], number[], number[]] = [[], [], []];
  let next = 1;
  const flush = (): FileRows => {
    const own = numbers;
    const rows = encodeSome(signature, encode, records);
    const setAside = bad.length === 0 ? [] : [{ reason: 'not-a-record', count: bad.length, rows: bad }];
    [records, numbers, bad] = [[], [], []];
    return { rows, numberOf: (row) => own[row]!, setAside };
  };
  for await (const line of lines(createReadStream(path, { highWaterMark: 1 << 20 }))) {
    const text = decodeUtf8(line);
    if (text.trim() === '') continue;
    const record = objectOf(text);
    if (record === undefined) bad.push(next);
    else {
      records.push(record);
      numbers.push(next);
    }
    next++;
    if (records.length + bad.length >= lineRows) yield flush();
  }
  yield flush();
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const sentence = ({ column, problem }: RecordProblem): string =>
  column === undefined ? problem : `${JSON.stringify(column)}: ${problem}`;

/** Encodes records; one with a problem is encoded as if it were empty. */
function encodeSome(
  signature: ModelSignature,
  encode: ReturnType<typeof createRecordEncoder>,
  records: readonly object[],
): EncodedRows {
  const problems = new Map<number, string>();
  const nothing = Object.fromEntries(signature.inputs.map(({ name }) => [name, null]));
  for (;;) {
    const given = records.map((record, row) => (problems.has(row) ? nothing : record));
    const { tensors, problems: found } = encode(given);
    if (found.length === 0) return rowsOfTensors(signature, tensors, records.length, problems);
    for (const problem of found) problems.set(problem.record, sentence(problem));
  }
}

/** Rows of tensors, with the texts of each column numbered. */
function rowsOfTensors(
  signature: ModelSignature,
  tensors: Tensors,
  rowCount: number,
  problems: ReadonlyMap<number, string>,
): EncodedRows {
  const { numbers, categories, datetimes } = tensors;
  const texts = (categories?.data ?? []) as readonly string[];
  const width = texts.length / Math.max(1, rowCount);
  return {
    rowCount,
    numbers: (numbers?.data ?? new Float32Array(0)) as Float32Array,
    datetimes: Float64Array.from((datetimes?.data ?? []) as BigInt64Array, Number),
    categories: Array.from({ length: width }, (_, column) => {
      const known = new Map<string, number>();
      const codes = new Int32Array(rowCount);
      for (let row = 0, at = column; row < rowCount; row++, at += width) {
        const text = texts[at]!;
        const code = text === signature.missingCategory ? -1 : (known.get(text) ?? known.size);
        if (code === known.size) known.set(text, code);
        codes[row] = code;
      }
      return { codes, dictionary: [...known.keys()] };
    }),
    problems,
  };
}

function lacksColumn(column: string, columns: number): TrainerError {
  return new TrainerError(
    'RECORD_INVALID',
    `Expected the data to have the column ${JSON.stringify(column)}, which the model takes, got ${columns} columns without it. Add it, with empty values where they are not known.`,
    { details: { column } },
  );
}
