import { TrainerError } from '../../../core/errors.ts';
import type { TaskKind } from '../../../core/task-spec.ts';
import type { Column } from '../table.ts';
import { isMissing, lengthOf } from './cells.ts';

/** A target as the learners take it. */
export interface EncodedTarget {
  /** Class index, or value, a row; NaN where missing (or of a class that `classes` did not list). */
  readonly target: Float64Array;
  /** Labels in the order of class indices; empty for regression. */
  readonly classes: readonly string[];
}

/** What else decides an encoding. */
export interface TargetOptions {
  /** The positive class of a binary task. @default the last in order */
  readonly positive?: string;
  /** Classes found before, on other rows of the same data: they fix the order. */
  readonly classes?: readonly string[];
}

/**
 * Encodes a target column.
 *
 * Class order: negative, positive for binary tasks; else by number where every label is one, else by UTF-16 code units.
 *
 * @throws {TrainerError} REQUEST_INVALID where a regression target holds no numbers, a binary one not two classes, a
 * multiclass one fewer than two, or where `positive` is no class.
 */
export function encodeTarget(column: Column, task: TaskKind, options: TargetOptions = {}): EncodedTarget {
  const rowCount = lengthOf(column);
  if (task === 'regression') return { target: encodeValues(column, rowCount), classes: [] };
  const labelAt = classLabels(column);
  const labels = Array.from({ length: rowCount }, (_, row) => (isMissing(column, row) ? undefined : labelAt(row)));
  const classes = options.classes ?? orderClasses(column, task, labels, options.positive);
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  return {
    target: Float64Array.from(labels, (label) => (label === undefined ? undefined : indexOf.get(label)) ?? Number.NaN),
    classes,
  };
}

/** How the cells of a column are written as class labels. */
export function classLabels(column: Column): (row: number) => string {
  switch (column.kind) {
    case 'category':
      return (row) => column.dictionary[column.codes[row]!]!;
    case 'boolean':
      return (row) => column.labels[column.values[row] === 0 ? 0 : 1];
    case 'number':
      return (row) => String(column.values[row]! + 0); // −0 is 0
    case 'datetime':
      return (row) => new Date(column.values[row]!).toISOString();
    case 'text': {
      const decoder = new TextDecoder();
      return (row) => decoder.decode(column.bytes.subarray(column.offsets[row]!, column.offsets[row + 1]!));
    }
  }
}

function orderClasses(
  column: Column,
  task: TaskKind,
  labels: readonly (string | undefined)[],
  positive: string | undefined,
): string[] {
  const found = [...new Set(labels)].filter((label) => label !== undefined);
  const numeric = found.every((label) => label.trim() !== '' && Number.isFinite(Number(label)));
  if (column.kind === 'boolean') found.sort((a, b) => column.labels.indexOf(a) - column.labels.indexOf(b));
  else if (numeric) found.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  else found.sort();
  const expected = task === 'binary' ? found.length === 2 : found.length >= 2;
  if (!expected) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected ${task === 'binary' ? 'exactly 2' : 'at least 2'} classes in the target column ${JSON.stringify(column.name)}, got ${found.length}. Choose another target or task.`,
      { details: { column: column.name, classes: found.length } },
    );
  }
  if (task !== 'binary' || positive === undefined) return found;
  if (!found.includes(positive)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the positive class to be one of the 2 classes of ${JSON.stringify(column.name)}, got another label. Name one of them.`,
      { details: { column: column.name } },
    );
  }
  return [...found.filter((label) => label !== positive), positive];
}

function encodeValues(column: Column, rowCount: number): Float64Array {
  if (column.kind !== 'number' && column.kind !== 'boolean') {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected numbers in the target column ${JSON.stringify(column.name)} of a regression, got kind ${column.kind}. Choose another target or task.`,
      { details: { column: column.name, kind: column.kind } },
    );
  }
  return Float64Array.from({ length: rowCount }, (_, row) =>
    isMissing(column, row) ? Number.NaN : column.values[row]!,
  );
}
