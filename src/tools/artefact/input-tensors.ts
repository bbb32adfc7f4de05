import type { Tensor, Tensors } from '../../backends/backend.ts';
import { inputTensors, type ModelSignature, type SignatureInput } from '../../onnx/signature.ts';
import { missingDatetime } from '../data/prepare/datetime-graph.ts';
import { isStorable } from '../data/prepare/missing-category.ts';

/** Stands for a category that ONNX's UTF-8 can not hold, which no model knows: control characters keep it from being data. */
const unstorableCategory = '\u001fother';

/** The tensors of some rows while they are filled, and how a value gets to its place. */
export interface InputTensors {
  /** A number, or 0 and 1 for booleans; NaN where missing. Rounded to float32; what rounds to infinity is missing. */
  setNumber(row: number, input: SignatureInput, value: number): void;
  /** Whole milliseconds; NaN where missing. */
  setDatetime(row: number, input: SignatureInput, value: number): void;
  /** `undefined` where missing. */
  setCategory(row: number, input: SignatureInput, value: string | undefined): void;
  /** For filling whole columns: the array, and the distance between rows. */
  readonly numbers: { readonly data: Float32Array; readonly width: number };
  readonly categories: { readonly data: string[]; readonly width: number };
  tensors(): Tensors;
}

/** A float32 as the graph takes it: what is not finite is missing. */
export function toFloat32(value: number): number {
  const rounded = Math.fround(value);
  return Number.isFinite(rounded) ? rounded : Number.NaN;
}

/** A category as the graph takes it. */
export function toCategory(value: string): string {
  return isStorable(value) ? value : unstorableCategory;
}

const noDatetimes = new BigInt64Array();

/** Columns of each tensor. */
export type InputWidths = Readonly<Record<'numbers' | 'categories' | 'datetimes', number>>;

/** Counts the columns of each tensor of a signature's inputs. */
export function inputWidths(signature: ModelSignature): InputWidths {
  const counts = inputTensors(signature.inputs);
  return {
    numbers: counts.get('numbers') ?? 0,
    categories: counts.get('categories') ?? 0,
    datetimes: counts.get('datetimes') ?? 0,
  };
}

/** Tensors for so many rows of a signature's inputs, all missing at first. */
export function createInputTensors(
  signature: ModelSignature,
  rowCount: number,
  widths: InputWidths = inputWidths(signature),
): InputTensors {
  const numbers = new Float32Array(rowCount * widths.numbers).fill(Number.NaN);
  const categories: string[] =
    widths.categories === 0 ? [] : new Array<string>(rowCount * widths.categories).fill(signature.missingCategory);
  // An array that is not needed costs as much as one that is.
  const datetimes =
    widths.datetimes === 0 ? noDatetimes : new BigInt64Array(rowCount * widths.datetimes).fill(missingDatetime);
  return {
    numbers: { data: numbers, width: widths.numbers },
    categories: { data: categories, width: widths.categories },
    setNumber(row, input, value) {
      numbers[row * widths.numbers + input.index] = toFloat32(value);
    },
    setDatetime(row, input, value) {
      if (Number.isFinite(value)) datetimes[row * widths.datetimes + input.index] = BigInt(Math.floor(value));
    },
    setCategory(row, input, value) {
      if (value !== undefined) categories[row * widths.categories + input.index] = toCategory(value);
    },
    tensors() {
      const made: Record<string, Tensor> = {};
      const shape = (width: number): number[] => [rowCount, width];
      if (widths.numbers > 0) made.numbers = { dtype: 'float32', data: numbers, shape: shape(widths.numbers) };
      if (widths.categories > 0)
        made.categories = { dtype: 'string', data: categories, shape: shape(widths.categories) };
      if (widths.datetimes > 0) made.datetimes = { dtype: 'int64', data: datetimes, shape: shape(widths.datetimes) };
      return made;
    },
  };
}
