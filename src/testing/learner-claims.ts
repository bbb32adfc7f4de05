import { deepStrictEqual, ok } from 'node:assert';
import type { Backend } from '../backends/backend.ts';
import { canonicalJson } from '../core/helpers/canonical-json.ts';
import { encodeArrays } from '../core/helpers/encode-arrays.ts';
import { createGraphBuilder } from '../onnx/graph-builder.ts';
import type {
  Axis,
  Features,
  FittedModel,
  LearnerFacts,
  Problem,
  TaskKind,
  TrainingRows,
} from '../tools/learn/learner.ts';

export const problemOf = (task: TaskKind): Problem => ({
  task,
  classCount: { binary: 2, multiclass: 3, regression: 0 }[task],
});

export function factsOf({ rowCount, numbers, categories }: Features, problem: Problem): LearnerFacts {
  const missing = numbers.reduce((sum, { values }) => sum + values.filter(Number.isNaN).length, 0);
  const cells = Math.max(1, rowCount * (numbers.length + categories.length));
  const categorySizes = categories.map(({ size }) => size);
  return { ...problem, rowCount, numberCount: numbers.length, categorySizes, missingShare: missing / cells };
}

export function checkAxis(key: string, axis: Axis): void {
  if (axis.kind === 'choice') ok(axis.options.length > 0, `Expected options of "${key}".`);
  else {
    ok(axis.low < axis.high, `Expected the low end of "${key}" below the high one.`);
    if (axis.scale === 'log') ok(axis.low > 0, `Expected a positive low end of "${key}" on a log scale.`);
  }
}

export function contains(axis: Axis, value: number | string | boolean): boolean {
  return axis.kind === 'choice'
    ? axis.options.includes(value)
    : typeof value === 'number' && value >= axis.low && value <= axis.high;
}

export function endOf(axis: Axis, end: 0 | 1): number | string | boolean {
  if (axis.kind === 'choice') return axis.options.at(end === 0 ? 0 : -1)!;
  return end === 0 ? axis.low : axis.high;
}

/** Finite, probabilities within [0, 1], and those of several classes summing to 1. */
export function checkPrediction(values: Float64Array, { task, classCount }: Problem): void {
  for (const value of values) ok(Number.isFinite(value), 'Expected finite predictions.');
  if (task === 'regression') return;
  for (const value of values) ok(value >= 0 && value <= 1, `Expected probabilities, got ${value}.`);
  if (task !== 'multiclass') return;
  for (let at = 0; at < values.length; at += classCount) {
    const sum = values.subarray(at, at + classCount).reduce((all, value) => all + value, 0);
    ok(Math.abs(sum - 1) < 1e-5, `Expected the probabilities of a row to sum to 1, got ${sum}.`);
  }
}

export function checkImportance(values: Float64Array, { numbers, categories }: Features): void {
  deepStrictEqual(values.length, numbers.length + categories.length, 'Expected an importance a feature.');
  const sum = values.reduce((all, value) => all + value, 0);
  ok(
    values.every((value) => value >= 0) && (sum === 0 || Math.abs(sum - 1) < 1e-6),
    `Expected importances of 0 or more that sum to 1, or all 0, got a sum of ${sum}.`,
  );
}

/** Mean log loss, or mean squared error. */
export function lossOf(values: Float64Array, target: Float64Array, { task, classCount }: Problem): number {
  let sum = 0;
  target.forEach((truth, row) => {
    if (task === 'regression') sum += (values[row]! - truth) * (values[row]! - truth);
    else {
      const of =
        task === 'binary' ? (truth === 1 ? values[row]! : 1 - values[row]!) : values[row * classCount + truth]!;
      sum -= Math.log(Math.max(1e-12, of));
    }
  });
  return sum / target.length;
}

/** The shares of the classes, or the mean, for each of `count` rows. */
export function constantOf(target: Float64Array, count: number, { task, classCount }: Problem): Float64Array {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  if (task !== 'multiclass') return new Float64Array(count).fill(mean(target));
  const shares = Array.from({ length: classCount }, (_, k) => mean(target.map((value) => Number(value === k))));
  return Float64Array.from({ length: count * classCount }, (_, i) => shares[i % classCount]!);
}

/** Greatest difference, in units of max(1, magnitude). */
export function differenceOf(a: ArrayLike<number>, b: Float64Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < b.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!));
    most = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
  }
  return most;
}

export function bytesOf(model: FittedModel): Uint8Array {
  const { arrays, ...rest } = model.toState();
  canonicalJson(rest.json);
  const parts = encodeArrays(rest, arrays);
  return parts instanceof Uint8Array ? parts : Buffer.concat(parts);
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const takeRows = ({ numbers, categories }: Features, from: number, to: number): Features => ({
  rowCount: to - from,
  numbers: numbers.map((feature) => ({ ...feature, values: feature.values.slice(from, to) })),
  categories: categories.map((feature) => ({ ...feature, codes: feature.codes.slice(from, to) })),
});
export const takeRow = (features: Features, row: number): Features => takeRows(features, row, row + 1);
export const nothingOf = (features: Features): Features => takeRows(features, 0, 0);
export const copyOf = ({ features, target }: TrainingRows): TrainingRows => ({
  features: takeRows(features, 0, features.rowCount),
  target: target.slice(),
});

/** The model's graph, on the backend. */
export async function runGraph(backend: Backend, model: FittedModel, features: Features): Promise<ArrayLike<number>> {
  const { rowCount, numbers, categories } = features;
  const graph = createGraphBuilder();
  const categorySizes = categories.map(({ size }) => size);
  const inputs = {
    ...(numbers.length > 0 && { numbers: graph.input('numbers', 'float', ['N', numbers.length]) }),
    ...(categories.length > 0 && { codes: graph.input('codes', 'int64', ['N', categories.length]) }),
    numberCount: numbers.length,
    categorySizes,
  };
  graph.output('result', model.toGraph(graph, inputs), 'float', ['N', model.outputCount]);
  await using predictor = await backend.load(graph.build({ name: 'learner' }), { where: 'inline' });
  const width = [numbers.length, categories.length] as const;
  const { result } = await predictor.predict({
    ...(width[0] > 0 && {
      numbers: {
        dtype: 'float32' as const,
        shape: [rowCount, width[0]],
        data: Float32Array.from({ length: rowCount * width[0] }, (_, i) => {
          return numbers[i % width[0]]!.values[Math.floor(i / width[0])]!;
        }),
      },
    }),
    ...(width[1] > 0 && {
      codes: {
        dtype: 'int64' as const,
        shape: [rowCount, width[1]],
        data: BigInt64Array.from({ length: rowCount * width[1] }, (_, i) => {
          return BigInt(categories[i % width[1]]!.codes[Math.floor(i / width[1])]!);
        }),
      },
    }),
  });
  return result!.data as Float32Array;
}
