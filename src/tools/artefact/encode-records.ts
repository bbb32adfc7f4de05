import type { Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import type { ColumnFormat } from '../data/columns/column-format.ts';
import { parseValue } from '../data/columns/parse-value.ts';
import { formatOf } from './column-formats.ts';
import { createInputTensors, inputWidths } from './input-tensors.ts';

/** One row to predict: values by column name; a column that is left out, null or undefined is missing. */
export type PredictionRecord = Readonly<Record<string, unknown>>;

/** What a value of an input may be, in words. */
export function expectationOf(input: SignatureInput): string {
  switch (input.kind) {
    case 'number':
      return `a finite number${input.unit === undefined ? '' : ` (${input.unit})`}`;
    case 'boolean':
      return `true, false, ${input.labels.map((label) => JSON.stringify(label)).join(' or ')}`;
    case 'datetime':
      return 'a date, milliseconds since 1970, or a text of a date';
    case 'category':
      return 'a text';
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'string') return 'a text that can not be read as one';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : 'a number that is not finite';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** One thing that is wrong with a record; never its value. */
export interface RecordProblem {
  /** Position of the record. */
  readonly record: number;
  readonly column?: string;
  readonly problem: string;
}

/** Problems of one call that are told; the first is the error's message. */
const mostProblems = 20;

/** What is wrong with a value that an input can't take. */
export function valueProblem(record: number, input: SignatureInput, received: string): RecordProblem {
  return { record, column: input.name, problem: `expected ${expectationOf(input)}, got ${received}` };
}

/** What is wrong with a category that is the text which stands for missing. */
export function reservedProblem(record: number, input: SignatureInput): RecordProblem {
  return valueProblem(record, input, 'the text that the model keeps for missing values');
}

/** The error of records that do not fit a signature; `details.problems` has up to 20 of the problems. */
export function recordError(problems: readonly RecordProblem[]): TrainerError {
  const { record, column, problem } = problems[0]!;
  const where = column === undefined ? `Record ${record}` : `Record ${record}, column ${JSON.stringify(column)}`;
  const more = problems.length > 1 ? ` There are more problems, in \`details.problems\`.` : '';
  return new TrainerError(
    'RECORD_INVALID',
    `${where}: ${problem}. Correct it, or leave it out where it is missing.${more}`,
    { details: { problems } },
  );
}

function isPlain(value: unknown): boolean {
  return (
    value === null || value instanceof Date || (typeof value !== 'object' && !/^(function|symbol)$/.test(typeof value))
  );
}

/** How {@link createRecordEncoder} takes records. */
export interface RecordEncoderOptions {
  /**
   * Names that the model does not use are a problem, and values have the types that JSON has for the column's kind;
   * otherwise such names are passed over, and whatever can be read as a value is.
   *
   * @default false
   */
  readonly isStrict?: boolean;
  /** Characters of a text. @default no limit */
  readonly maxTextLength?: number;
}

/** Records as tensors, or what is wrong with them; the tensors are of use only where there is no problem. */
export interface EncodedRecords {
  readonly tensors: Tensors;
  readonly problems: readonly RecordProblem[];
}

/** Turns records into tensors. */
export type RecordEncoder = (records: readonly unknown[], firstRow?: number) => EncodedRecords;

/**
 * Makes the encoder of a signature, with all that does not depend on the records looked up once: texts are read by each
 * column's format, unknown categories stay as they are (the graph knows them as "other").
 */
export function createRecordEncoder(signature: ModelSignature, options: RecordEncoderOptions = {}): RecordEncoder {
  const { isStrict = false, maxTextLength = Number.POSITIVE_INFINITY } = options;
  const { inputs, missingCategory } = signature;
  const widths = inputWidths(signature);
  const columns = inputs.map((input) => {
    const format = formatOf(input);
    const isPlainNumber = input.kind === 'number' && !format.missing?.some((text) => Number.isFinite(Number(text)));
    // A text without the unit says what the number 12 says: the signature tells what it is in.
    const bareFormat = format.kind === 'number' && format.unit !== undefined ? withoutUnit(format) : undefined;
    return { input, format, bareFormat, isPlainNumber };
  });
  const byName = new Map(columns.map((column) => [column.input.name, column]));

  return (records, firstRow = 0) => {
    const target = createInputTensors(signature, records.length, widths);
    const problems: RecordProblem[] = [];

    const setCell = (position: number, column: (typeof columns)[number], raw: unknown): void => {
      if (raw === undefined || raw === null) return;
      const { input, format, bareFormat, isPlainNumber } = column;
      if (isPlainNumber && typeof raw === 'number' && Number.isFinite(raw)) {
        target.setNumber(position, input, raw);
        return;
      }
      const number = firstRow + position;
      if (typeof raw === 'string' && raw.length > maxTextLength) {
        problems.push(valueProblem(number, input, `a text of more than ${maxTextLength} characters`));
        return;
      }
      let value = isPlain(raw) && (!isStrict || isJsonOf(input.kind, raw)) ? parseValue(raw, format) : undefined;
      if (value === undefined && bareFormat !== undefined && typeof raw === 'string')
        value = parseValue(raw, bareFormat);
      if (value === null) return;
      if (value === undefined) problems.push(valueProblem(number, input, typeName(raw)));
      else if (typeof value === 'number') {
        if (input.kind === 'datetime') target.setDatetime(position, input, value);
        else target.setNumber(position, input, value);
      } else if (value === missingCategory) problems.push(reservedProblem(number, input));
      else target.setCategory(position, input, value);
    };

    for (const [position, record] of records.entries()) {
      if (problems.length >= mostProblems) break;
      const number = firstRow + position;
      if (typeof record !== 'object' || record === null || Array.isArray(record)) {
        problems.push({ record: number, problem: `expected an object by column name, got ${typeName(record)}` });
        continue;
      }
      const values = record as PredictionRecord;
      let known = 0;
      if (isStrict) {
        for (const name of Object.keys(values)) {
          const column = byName.get(name);
          if (column === undefined) {
            if (problems.length < mostProblems) problems.push(unknownProblem(number, name));
            continue;
          }
          known++;
          setCell(position, column, values[name]);
        }
      } else {
        for (const column of columns) {
          // Own properties alone: a column may be named like a method of every object.
          if (!Object.hasOwn(values, column.input.name)) continue;
          known++;
          setCell(position, column, values[column.input.name]);
        }
      }
      if (known === 0) {
        const names = inputs.slice(0, 10).map((input) => JSON.stringify(input.name));
        const all = `${names.join(', ')}${inputs.length > 10 ? ', …' : ''}`;
        problems.push({ record: number, problem: `expected at least one of the model's columns (${all}), got none` });
      }
    }
    return { tensors: target.tensors(), problems: problems.slice(0, mostProblems) };
  };
}

function withoutUnit({ unit: _, ...format }: ColumnFormat & { readonly kind: 'number' }): ColumnFormat {
  return format;
}

/** Whether a value has a type that JSON uses for a kind of column. */
function isJsonOf(kind: SignatureInput['kind'], value: unknown): boolean {
  switch (kind) {
    case 'number':
      return typeof value === 'number' || typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean' || value === 0 || value === 1 || typeof value === 'string';
    case 'category':
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    case 'datetime':
      return typeof value === 'string' || Number.isSafeInteger(value);
  }
}

/** A member that is no column. Its name is told where it looks like one; anything else may be data in the wrong place. */
function unknownProblem(record: number, name: string): RecordProblem {
  const shown = /^[\p{L}_][\p{L}\p{M}\p{N}_ .-]{0,63}$/u.test(name) ? JSON.stringify(name) : 'a member';
  return { record, problem: `${shown} is not an input of the model` };
}

/**
 * Encodes records, or throws what is wrong with them.
 *
 * @param firstRow - number of the first record, for messages. @default 0
 * @throws {TrainerError} RECORD_INVALID naming record, column, what was expected and the type that came, never the value.
 */
export function encodeOrThrow(encode: RecordEncoder, records: readonly PredictionRecord[], firstRow = 0): Tensors {
  const { tensors, problems } = encode(records, firstRow);
  if (problems.length > 0) throw recordError(problems);
  return tensors;
}
