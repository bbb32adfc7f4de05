import { createRandom } from '../../../../src/core/helpers/random.ts';
import type { Features, FitContext, Problem, TaskKind, TrainingRows } from '../../../../src/tools/learn/learner.ts';
import type { FitInternals } from '../../../../src/tools/learn/trees/fit-trees.ts';
import { fitTrees } from '../../../../src/tools/learn/trees/fit-trees.ts';
import { readOptions } from '../../../../src/tools/learn/trees/options.ts';
import type { TreesModel } from '../../../../src/tools/learn/trees/trees-model.ts';

export const problems: Readonly<Record<TaskKind, Problem>> = {
  binary: { task: 'binary', classCount: 2 },
  multiclass: { task: 'multiclass', classCount: 3 },
  regression: { task: 'regression', classCount: 0 },
};

/** Numbers with missing values, categories with code 0 (missing) and 1 (other), and a target that needs all of them. */
export function sampleRows(task: TaskKind, rowCount: number, seed: number | string, categorySize = 14): TrainingRows {
  const random = createRandom(seed);
  const numbers = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
    name,
    values: new Float32Array(rowCount).map(() => (random.next() < 0.12 ? Number.NaN : random.normal())),
  }));
  const categories = [categorySize, 3].map((size, k) => ({
    name: `category ${k}`,
    size,
    codes: new Int32Array(rowCount).map(() => random.integer(size)),
  }));
  const value = (row: number): number => {
    const [a, b, c] = numbers.map(({ values }) => values[row]!);
    const [big, small] = categories.map(({ codes }) => codes[row]!);
    const curve = Number.isNaN(a!) ? 1.5 : Math.sin(2 * a!);
    const product = Number.isNaN(b!) || Number.isNaN(c!) ? -0.5 : b! * c!;
    return curve + product + Math.sin(5 * big!) + (small === 2 ? 0.5 : 0) + 0.3 * random.normal();
  };
  const raw = Float64Array.from({ length: rowCount }, (_, row) => value(row));
  const target =
    task === 'regression'
      ? raw.map((v) => 100 + 7 * v)
      : raw.map((v) => (task === 'binary' ? Number(v > 0.3) : Number(v > -0.5) + Number(v > 1)));
  return { features: { rowCount, numbers, categories }, target };
}

/** Features of numeric columns alone, by name. */
export function numericFeatures(columns: Readonly<Record<string, readonly number[]>>): Features {
  const numbers = Object.entries(columns).map(([name, values]) => ({ name, values: Float32Array.from(values) }));
  return { rowCount: numbers[0]!.values.length, numbers, categories: [] };
}

/** One categorical column. */
export function categoryFeatures(codes: readonly number[], size: number): Features {
  return { rowCount: codes.length, numbers: [], categories: [{ name: 'c', codes: Int32Array.from(codes), size }] };
}

/** Fits with the given options; one thread and seed 0 unless told otherwise. */
export async function fitSample(
  task: TaskKind,
  rows: TrainingRows,
  configuration: Readonly<Record<string, number | string>>,
  context: Partial<FitContext> = {},
  internals: FitInternals = {},
) {
  const options = readOptions(configuration, problems[task]);
  const fit = await fitTrees(
    rows,
    options,
    problems[task],
    { random: createRandom(0), threads: 1, ...context },
    internals,
  );
  return { ...fit, model: fit.model as TreesModel };
}

/** The bytes of a model's state, to compare two models bit by bit. */
export function stateBytes(model: TreesModel): Record<string, string> {
  const { json, arrays } = model.toState();
  const hex = Object.entries(arrays).map(([name, { buffer, byteOffset, byteLength }]) => [
    name,
    Buffer.from(buffer, byteOffset, byteLength).toString('hex'),
  ]);
  return { json: JSON.stringify(json), ...Object.fromEntries(hex) };
}
