import type { Backend, Predictor, Tensor, TensorInfo, Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import { isMissing } from '../data/prepare/cells.ts';
import { classLabels } from '../data/prepare/encode-target.ts';
import { columnOf } from '../data/rows.ts';
import type { Column, Table } from '../data/table.ts';
import type { ModelMapping } from './model-mapping.ts';

/** What a mapped model says of rows; which fields are there depends on its outputs. */
export interface MappedRows {
  /** Class position a row. */
  readonly labels?: Int32Array;
  /** Probability of the second class a row (two classes), or row-major [rows, classes]. */
  readonly probabilities?: Float64Array;
  readonly values?: Float64Array;
}

const batchRows = 16_384;

/**
 * Predicts a table with a model that has no signature of ours, on the calling thread: call it in a child process. The bytes
 * are checked before the runtime sees them.
 *
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE where the mapping does not fit the graph,
 *   RECORD_INVALID where a cell does not fit an input, COLUMN_UNKNOWN, PREDICT_FAILED
 */
export async function predictMapped(
  bytes: Uint8Array,
  mapping: ModelMapping,
  table: Table,
  backend: Backend,
  threads: number,
): Promise<MappedRows> {
  await using predictor = await backend.load(bytes, { where: 'inline', threads });
  const encoders = inputsOf(predictor, mapping, table);
  const parts: MappedRows[] = [];
  for (let from = 0; from < table.rowCount; from += batchRows) {
    const to = Math.min(from + batchRows, table.rowCount);
    const tensors = Object.fromEntries(encoders.map(({ name, encode }) => [name, encode(from, to)]));
    parts.push(decode(await predictor.predict(tensors), mapping, to - from));
  }
  return {
    ...(parts[0]?.labels && { labels: Int32Array.from(parts.flatMap(({ labels }) => [...labels!])) }),
    ...(parts[0]?.probabilities && { probabilities: joined(parts.map(({ probabilities }) => probabilities!)) }),
    ...(parts[0]?.values && { values: joined(parts.map(({ values }) => values!)) }),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function refuse(message: string): never {
  throw new TrainerError('MODEL_SIGNATURE', message);
}

function inputsOf(predictor: Predictor, mapping: ModelMapping, table: Table) {
  const names = predictor.inputs.map(({ name }) => name);
  const unknown = Object.keys(mapping.inputs).find((name) => !names.includes(name));
  if (unknown !== undefined)
    refuse(`Expected the mapping to name inputs of the model (${names.join(', ')}), got "${unknown}".`);
  return predictor.inputs.map((info) => {
    const given = mapping.inputs[info.name];
    if (given === undefined) return refuse(`Expected columns for input "${info.name}" of the model, got none.`);
    const columns = (typeof given === 'string' ? [given] : given).map((name) => columnOf(table, name));
    const isFlat = info.shape.length < 2;
    const width = isFlat ? 1 : (info.shape[1] ?? -1);
    if (info.shape.length > 2 || (width >= 0 && width !== columns.length))
      refuse(
        `Expected ${width >= 0 ? width : 'a row of'} columns for input "${info.name}" of shape [${info.shape.join(', ')}], got ${columns.length}.`,
      );
    return {
      name: info.name,
      encode: (from: number, to: number): Tensor => encodeInput(info, columns, from, to, isFlat),
    };
  });
}

function encodeInput(info: TensorInfo, columns: readonly Column[], from: number, to: number, isFlat: boolean): Tensor {
  const rows = to - from;
  const width = columns.length;
  const shape = isFlat ? [rows] : [rows, width];
  const each = (write: (at: number, column: Column, row: number) => void) => {
    for (const [position, column] of columns.entries())
      for (let row = 0; row < rows; row++) write(row * width + position, column, from + row);
  };
  if (info.dtype === 'string') {
    const data: string[] = new Array(rows * width).fill('');
    const labels = new Map(columns.map((column) => [column, classLabels(column)]));
    each((at, column, row) => {
      if (!isMissing(column, row)) data[at] = labels.get(column)!(row);
    });
    return { dtype: 'string', data, shape };
  }
  const numbers = new Map(columns.map((column) => [column, numberOf(column, info)]));
  const takesMissing = info.dtype === 'float32' || info.dtype === 'float64';
  const valueAt = (column: Column, row: number): number => {
    if (!isMissing(column, row)) return numbers.get(column)!(row);
    if (takesMissing) return Number.NaN;
    throw new TrainerError(
      'RECORD_INVALID',
      `Expected a value in every row of "${column.name}", because input "${info.name}" is ${info.dtype}, got a missing one in row ${row + 1}. Fill it in, or leave the row out.`,
      { details: { column: column.name, row: row + 1 } },
    );
  };
  switch (info.dtype) {
    case 'float32':
    case 'float64': {
      const data = info.dtype === 'float32' ? new Float32Array(rows * width) : new Float64Array(rows * width);
      each((at, column, row) => {
        data[at] = valueAt(column, row);
      });
      return { dtype: info.dtype, data, shape } as Tensor;
    }
    case 'int64': {
      const data = new BigInt64Array(rows * width);
      each((at, column, row) => {
        data[at] = BigInt(whole(valueAt(column, row), column, row));
      });
      return { dtype: 'int64', data, shape };
    }
    default: {
      const data = info.dtype === 'int32' ? new Int32Array(rows * width) : new Uint8Array(rows * width);
      each((at, column, row) => {
        data[at] = whole(valueAt(column, row), column, row);
      });
      return { dtype: info.dtype, data, shape } as Tensor;
    }
  }
}

/** Cells of a column as numbers: dates are milliseconds, booleans 0 and 1, texts are read as numbers. */
function numberOf(column: Column, info: TensorInfo): (row: number) => number {
  if (column.kind === 'number' || column.kind === 'datetime' || column.kind === 'boolean')
    return (row) => column.values[row]!;
  const text = classLabels(column);
  return (row) => {
    const value = Number(text(row));
    if (Number.isFinite(value)) return value;
    throw new TrainerError(
      'RECORD_INVALID',
      `Expected numbers in "${column.name}", because input "${info.name}" is ${info.dtype}, got a text in row ${row + 1}. Correct it, or map another column.`,
      { details: { column: column.name, row: row + 1 } },
    );
  };
}

function whole(value: number, column: Column, row: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new TrainerError(
    'RECORD_INVALID',
    `Expected whole numbers in "${column.name}", because its input takes no others, got another in row ${row + 1}. Correct it, or map another column.`,
    { details: { column: column.name, row: row + 1 } },
  );
}

function decode(tensors: Tensors, { outputs, classes }: ModelMapping, rows: number): MappedRows {
  const take = (name: string): Tensor => {
    const tensor = tensors[name];
    if (tensor === undefined)
      return refuse(
        `Expected the mapping to name outputs of the model (${Object.keys(tensors).join(', ')}), got "${name}".`,
      );
    return tensor;
  };
  if (outputs.value !== undefined) return { values: numbersOf(take(outputs.value), outputs.value, rows, 1) };
  const count = classes!.length;
  const scores = outputs.probabilities ?? outputs.logits;
  return {
    ...(outputs.label === undefined ? {} : { labels: labelsOf(take(outputs.label), outputs.label, rows, classes!) }),
    ...(scores === undefined
      ? {}
      : { probabilities: probabilitiesOf(take(scores), scores, rows, count, outputs.logits !== undefined) }),
  };
}

function numbersOf(tensor: Tensor, name: string, rows: number, width: number): Float64Array {
  if (tensor.dtype === 'string' || tensor.data.length !== rows * width)
    return refuse(
      `Expected output "${name}" to give ${width} number${width === 1 ? '' : 's'} a row, got ${tensor.dtype} of shape [${tensor.shape.join(', ')}].`,
    );
  return Float64Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** Probabilities as the metrics take them, from probabilities or logits of any of the usual shapes. */
function probabilitiesOf(tensor: Tensor, name: string, rows: number, count: number, isLogits: boolean): Float64Array {
  const width = count === 2 && tensor.data.length === rows ? 1 : count;
  const given = numbersOf(tensor, name, rows, width);
  if (width === 1) return isLogits ? given.map((logit) => 1 / (1 + Math.exp(-logit))) : given;
  if (isLogits) softmax(given, count);
  return count === 2 ? Float64Array.from({ length: rows }, (_, row) => given[2 * row + 1]!) : given;
}

function softmax(values: Float64Array, count: number): void {
  for (let from = 0; from < values.length; from += count) {
    const row = values.subarray(from, from + count);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      row[i] = Math.exp(row[i]! - most);
      sum += row[i]!;
    }
    for (let i = 0; i < count; i++) row[i]! /= sum;
  }
}

function labelsOf(tensor: Tensor, name: string, rows: number, classes: readonly string[]): Int32Array {
  if (tensor.data.length !== rows)
    refuse(`Expected output "${name}" to give one label a row, got ${tensor.data.length}.`);
  const positions = new Map(classes.map((label, position) => [label, position]));
  const areNumbers = classes.every((label) => /^-?\d+$/.test(label));
  const positionOf = (value: string | number | bigint): number => {
    if (typeof value === 'string' || areNumbers) return positions.get(String(value)) ?? -1;
    const position = Number(value);
    return Number.isInteger(position) && position < classes.length ? position : -1;
  };
  return Int32Array.from(tensor.data as ArrayLike<string | number | bigint>, (value) => {
    const position = positionOf(value);
    // Counted as wrong it would be no row of any confusion matrix.
    if (position < 0) refuse(`Expected output "${name}" to give labels of the mapping's classes, got another.`);
    return position;
  });
}
