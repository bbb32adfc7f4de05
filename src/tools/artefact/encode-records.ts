import type { Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import type { ColumnFormat } from '../data/columns/column-format.ts';
import { parseValue } from '../data/columns/parse-value.ts';
import { createInputTensors } from './input-tensors.ts';

/** One row to predict: values by column name; a column that is left out, null or undefined is missing. */
export type PredictionRecord = Readonly<Record<string, unknown>>;

/** How the texts of an input are read: as training read them, or where the signature does not say, plainly. */
export function formatOf(input: SignatureInput): ColumnFormat {
  const format = input.format as ColumnFormat | undefined;
  if (format !== undefined && format.kind === input.kind) return format;
  switch (input.kind) {
    case 'number':
      return { kind: 'number', decimal: '.', ...(input.unit === undefined ? {} : { unit: input.unit }) };
    case 'boolean':
      return { kind: 'boolean', labels: input.labels };
    case 'datetime':
      return { kind: 'datetime', order: 'ymd' };
    case 'category':
      return { kind: 'category' };
  }
}

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

/** The error of a value that an input can't take; it names the column and never the value. */
export function invalidValue(row: number, input: SignatureInput, received: string): TrainerError {
  const expected = expectationOf(input);
  return new TrainerError(
    'RECORD_INVALID',
    `Expected ${expected} for the column ${JSON.stringify(input.name)} in row ${row}, got ${received}. Correct it, or leave it out where it is missing.`,
    { details: { row, column: input.name, expected, received } },
  );
}

/** The error of a category that is the text which stands for missing. */
export function reservedValue(row: number, input: SignatureInput): TrainerError {
  return invalidValue(row, input, 'the text that the model keeps for missing values');
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
 * @throws {TrainerError} RECORD_INVALID naming row, column, what was expected and the type that came, never the value.
 */
export function encodeRecords(signature: ModelSignature, records: readonly PredictionRecord[], firstRow = 0): Tensors {
  const { inputs } = signature;
  const formats = inputs.map(formatOf);
  const target = createInputTensors(signature, records.length);
  for (const [position, record] of records.entries()) {
    const row = firstRow + position;
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new TrainerError(
        'RECORD_INVALID',
        `Expected row ${row} to be an object by column name, got ${typeName(record)}.`,
        {
          details: { row },
        },
      );
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
      if (value === undefined) throw invalidValue(row, input, typeName(raw));
      if (typeof value === 'number') {
        if (input.kind === 'datetime') target.setDatetime(position, input, value);
        else target.setNumber(position, input, value);
      } else {
        if (value === signature.missingCategory) throw reservedValue(row, input);
        target.setCategory(position, input, value);
      }
    }
    if (known === 0) {
      const names = inputs.slice(0, 10).map((input) => JSON.stringify(input.name));
      throw new TrainerError(
        'RECORD_INVALID',
        `Expected row ${row} to have at least one of the model's columns, got none of them: ${names.join(', ')}${inputs.length > 10 ? ', …' : ''}.`,
        { details: { row } },
      );
    }
  }
  return target.tensors();
}
