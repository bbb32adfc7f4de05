import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import type { RecordProblem } from './serve-errors.ts';

const maxProblems = 20;

/**
 * What is wrong with the form of records, at most 20 problems: members that are no inputs, values that are no plain ones.
 * Whether a text can be read as a number or a date is the model's to say, as it reads them as in training.
 */
export function checkRecords(signature: ModelSignature, records: readonly unknown[]): readonly RecordProblem[] {
  const problems: RecordProblem[] = [];
  const inputs = new Map(signature.inputs.map((input) => [input.name, input]));
  for (const [record, value] of records.entries()) {
    if (problems.length >= maxProblems) break;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push({ record, problem: 'expected an object of values by column name' });
      continue;
    }
    let unknown = 0;
    for (const [name, cell] of Object.entries(value)) {
      const input = inputs.get(name);
      if (!input) unknown++;
      else if (cell !== null && !fits(input, cell, signature.missingCategory))
        problems.push({ record, column: name, problem: `expected ${expectation(input)} or null` });
    }
    if (unknown > 0)
      problems.push({
        record,
        problem: `${unknown === 1 ? 'one member is' : `${unknown} members are`} not an input of the model`,
      });
  }
  return problems.slice(0, maxProblems);
}

function fits(input: SignatureInput, cell: unknown, missingCategory: string): boolean {
  switch (input.kind) {
    case 'number':
      return (typeof cell === 'number' && Number.isFinite(cell)) || typeof cell === 'string';
    case 'boolean':
      return typeof cell === 'boolean' || cell === 0 || cell === 1 || typeof cell === 'string';
    case 'category':
      return (
        (typeof cell === 'string' && cell !== missingCategory) ||
        typeof cell === 'boolean' ||
        (typeof cell === 'number' && Number.isFinite(cell))
      );
    case 'datetime':
      return typeof cell === 'number' ? Number.isSafeInteger(cell) : typeof cell === 'string';
  }
}

function expectation(input: SignatureInput): string {
  switch (input.kind) {
    case 'number':
      return 'a number';
    case 'boolean':
      return `true or false (or ${JSON.stringify(input.labels[0])}, ${JSON.stringify(input.labels[1])})`;
    case 'category':
      return 'a string';
    case 'datetime':
      return 'an ISO 8601 date or milliseconds since 1970';
  }
}
