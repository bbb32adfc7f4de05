import type { Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { parseValue } from '../data/columns/parse-value.ts';
import { formatOf } from './column-formats.ts';
import { createInputTensors } from './input-tensors.ts';

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

/**
 * Encodes records for a model: texts are read by each column's format, unknown categories stay as they are (the graph
 * knows them as "other"), names that the model does not use are passed over.
 *
 * @param firstRow - number of the first record, for messages. @default 0
 * @throws {TrainerError} RECORD_INVALID naming record, column, what was expected and the type that came, never the value.
 */
export function encodeRecords(signature: ModelSignature, records: readonly PredictionRecord[], firstRow = 0): Tensors {
  const { inputs } = signature;
  const formats = inputs.map(formatOf);
  const target = createInputTensors(signature, records.length);
  const problems: RecordProblem[] = [];
  for (const [position, record] of records.entries()) {
    if (problems.length >= mostProblems) break;
    const number = firstRow + position;
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      problems.push({ record: number, problem: `expected an object by column name, got ${typeName(record)}` });
      continue;
    }
    let known = 0;
    for (const [i, input] of inputs.entries()) {
      // Own properties alone: a column may be named like a method of every object.
      if (!Object.hasOwn(record, input.name)) continue;
      known++;
      const raw = record[input.name];
      if (raw === undefined || raw === null) continue;
      const value = isPlain(raw) ? parseValue(raw, formats[i]!) : undefined;
      if (value === null) continue;
      if (value === undefined) problems.push(valueProblem(number, input, typeName(raw)));
      else if (typeof value === 'number') {
        if (input.kind === 'datetime') target.setDatetime(position, input, value);
        else target.setNumber(position, input, value);
      } else if (value === signature.missingCategory) problems.push(reservedProblem(number, input));
      else target.setCategory(position, input, value);
    }
    if (known === 0) {
      const names = inputs.slice(0, 10).map((input) => JSON.stringify(input.name));
      const all = `${names.join(', ')}${inputs.length > 10 ? ', …' : ''}`;
      problems.push({ record: number, problem: `expected at least one of the model's columns (${all}), got none` });
    }
  }
  if (problems.length > 0) throw recordError(problems.slice(0, mostProblems));
  return target.tensors();
}
