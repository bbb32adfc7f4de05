import { TrainerError } from './errors.ts';
import type { DataRecord } from './request.ts';
import { type Problem, type Schema, validate } from './standard-schema.ts';

/** Records whose problems are told by name; more are counted. */
const mostTold = 5;

/** A problem of one record, by its number from 1. */
export interface RecordProblem extends Problem {
  readonly row: number;
}

/**
 * Validates records one after another, and gives what the schema makes of them.
 *
 * @throws {TrainerError} RECORD_INVALID once all are looked at, naming the first that do not fit and counting the rest
 */
export async function* validRecords(
  schema: Schema<object>,
  records: Iterable<DataRecord> | AsyncIterable<DataRecord>,
): AsyncGenerator<DataRecord, void, void> {
  const told: RecordProblem[] = [];
  let row = 0;
  let invalid = 0;
  for await (const record of records) {
    row++;
    const result = await validate(schema, record);
    if ('problems' in result) {
      if (invalid++ < mostTold)
        told.push(
          ...result.problems.map(({ path, message }) => ({ row, path, message: withoutValues(message, record) })),
        );
    } else if (invalid === 0) yield result.value;
  }
  if (invalid === 0) return;
  const shown = told
    .slice(0, mostTold)
    .map(({ row: of, path, message }) => `record ${of}${path === '' ? '' : `, ${path}`}: ${message}`);
  throw new TrainerError(
    'RECORD_INVALID',
    `Expected every record to fit the schema, but ${invalid} of ${row} do not: ${shown.join('; ')}${invalid > mostTold ? '; …' : ''}. Correct them, or let the schema say what is allowed.`,
    { details: { invalid, records: row, problems: told } },
  );
}

/** What a validator says, without the values of the record: many repeat what they were given. */
function withoutValues(message: string, record: unknown): string {
  const values = valuesOf(record, 0)
    .map(String)
    .filter((value) => value !== '')
    .sort((a, b) => b.length - a.length);
  return values.reduce((text, value) => {
    const whole = new RegExp(
      `(?<![\\p{L}\\p{N}])${value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`,
      'gu',
    );
    return text.replace(whole, '…');
  }, message);
}

function valuesOf(value: unknown, depth: number): (string | number | bigint)[] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return [value];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.values(value).flatMap((of) => valuesOf(of, depth + 1));
}
