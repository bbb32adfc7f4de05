import type { Tensors } from '../../backends/backend.ts';
import type { ModelSignature } from '../../onnx/signature.ts';
import { createInputTensors, inputWidths, toCategory } from '../artefact/input-tensors.ts';
import { missingDatetime } from '../data/prepare/datetime-graph.ts';

/** A column of categories: `dictionary[codes[row]]`, missing where the code is −1. */
export interface EncodedCategories {
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

/** Rows of a file as a model takes them, texts still as codes. */
export interface EncodedRows {
  readonly rowCount: number;
  /** Row-major [rowCount, numbers]; NaN where missing. */
  readonly numbers: Float32Array;
  /** In the order of the model's columns of categories. */
  readonly categories: readonly EncodedCategories[];
  /** Row-major [rowCount, datetimes], milliseconds since 1970; {@link missingTime} where missing. */
  readonly datetimes: Float64Array;
  /** What is wrong with a row, by its place; such a row is filled as if the value were missing. */
  readonly problems: ReadonlyMap<number, string>;
}

/** A datetime that is missing, as a number that float64 holds exactly. */
export const missingTime = Number(missingDatetime);

/** Some of the rows. */
export function sliceRows(rows: EncodedRows, from: number, to: number): EncodedRows {
  const part = <Values extends Float32Array | Float64Array>(values: Values): Values => {
    const width = values.length / Math.max(1, rows.rowCount);
    return values.subarray(from * width, to * width) as Values;
  };
  return {
    rowCount: to - from,
    numbers: part(rows.numbers),
    categories: rows.categories.map(({ codes, dictionary }) => ({ codes: codes.subarray(from, to), dictionary })),
    datetimes: part(rows.datetimes),
    problems: new Map(
      [...rows.problems].flatMap(([row, problem]) => (row >= from && row < to ? [[row - from, problem] as const] : [])),
    ),
  };
}

/** Rows as the tensors that a runtime takes. */
export function tensorsOfRows(signature: ModelSignature, rows: EncodedRows): Tensors {
  const target = createInputTensors(signature, rows.rowCount, inputWidths(signature));
  const { rowCount, numbers, categories, datetimes } = rows;
  target.numbers.data.set(numbers);
  const { data, width } = target.categories;
  categories.forEach(({ codes, dictionary }, column) => {
    const entries = dictionary.map(toCategory);
    for (let row = 0, at = column; row < rowCount; row++, at += width)
      if (codes[row]! >= 0) data[at] = entries[codes[row]!]!;
  });
  for (const input of signature.inputs) {
    if (input.tensor !== 'datetimes') continue;
    const count = datetimes.length / Math.max(1, rowCount);
    for (let row = 0; row < rowCount; row++) {
      const time = datetimes[row * count + input.index]!;
      if (time !== missingTime) target.setDatetime(row, input, time);
    }
  }
  return target.tensors();
}
