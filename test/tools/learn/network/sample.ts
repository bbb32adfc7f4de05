import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import type {
  Features,
  FitContext,
  FittedModel,
  Problem,
  TaskKind,
  TrainingRows,
} from '../../../../src/tools/learn/learner.ts';
import { type Feed, runGraph } from '../../evaluate/run-graph.ts';

export const problems: Readonly<Record<TaskKind, Problem>> = {
  binary: { task: 'binary', classCount: 2 },
  multiclass: { task: 'multiclass', classCount: 4 },
  regression: { task: 'regression', classCount: 0 },
};

const backend = onnxBackend();

/** A context whose random stream is the same each time. */
export function fitContext(more: Partial<FitContext> = {}): FitContext {
  return { random: createRandom('fit'), threads: 1, backend: async () => backend, ...more };
}

/** Numbers of wild sizes with missing values, a flag, a constant, an all-missing one; categories, one with a value that is never there. */
export function makeRows(task: TaskKind, rowCount: number, seed: string, scale = 1): TrainingRows {
  const random = createRandom(seed);
  const number = (name: string, value: () => number) => ({
    name,
    values: Float32Array.from({ length: rowCount }, value),
  });
  const category = (name: string, size: number, first = 0) => ({
    name,
    size,
    codes: Int32Array.from({ length: rowCount }, () => first + random.integer(size - first)),
  });
  const features: Features = {
    rowCount,
    numbers: [
      number('plain', () => random.normal()),
      number('heavy', () => Math.exp(4 * random.normal())),
      number('missing', () => (random.next() < 0.2 ? Number.NaN : random.normal())),
      number('flag', () => random.integer(2)),
      number('constant', () => 0.1),
      number('absent', () => Number.NaN),
    ],
    categories: [category('small', 6), category('large', 40, 2)],
  };
  const [plain, , , flag] = features.numbers;
  const target = Float64Array.from({ length: rowCount }, (_, row) => {
    // A product, which no weighted sum tells.
    const sign = flag!.values[row] === 1 ? 1 : -1;
    const eta = 2 * sign * plain!.values[row]! + features.categories[0]!.codes[row]! - 2.5 + 0.3 * random.normal();
    if (task === 'regression') return scale * (eta + 3);
    return task === 'binary' ? (eta > 0 ? 1 : 0) : Math.max(0, Math.min(3, Math.floor(eta / 2 + 2)));
  });
  return { features, target };
}

/** What the model's graph predicts in ONNX Runtime. */
export function predictedByGraph(model: FittedModel, { rowCount, numbers, categories }: Features) {
  const feeds: Record<string, Feed> = {};
  if (numbers.length > 0) {
    const data = new Float32Array(rowCount * numbers.length);
    for (const [f, { values }] of numbers.entries())
      for (const [row, x] of values.entries()) data[row * numbers.length + f] = x;
    feeds.numbers = { type: 'float32', data, shape: [rowCount, numbers.length] };
  }
  if (categories.length > 0) {
    const data = new BigInt64Array(rowCount * categories.length);
    for (const [f, { codes }] of categories.entries()) {
      for (const [row, code] of codes.entries()) data[row * categories.length + f] = BigInt(code);
    }
    feeds.codes = { type: 'int64', data, shape: [rowCount, categories.length] };
  }
  return runGraph(feeds, (graph) =>
    model.toGraph(graph, {
      ...(numbers.length > 0 && { numbers: 'numbers' }),
      ...(categories.length > 0 && { codes: 'codes' }),
      numberCount: numbers.length,
      categorySizes: categories.map(({ size }) => size),
    }),
  );
}

/** The share of rows whose class is predicted right, or for a regression the share of the variance that is explained. */
export function scoreOf(model: FittedModel, { features, target }: TrainingRows): number {
  const predicted = model.predict(features);
  const width = model.outputCount;
  if (model.toState().json !== null && (model.toState().json as { task: string }).task === 'regression') {
    const mean = target.reduce((a, b) => a + b, 0) / target.length;
    const left = target.reduce((sum, y, row) => sum + (y - predicted[row]!) * (y - predicted[row]!), 0);
    return 1 - left / target.reduce((sum, y) => sum + (y - mean) * (y - mean), 0);
  }
  let right = 0;
  for (const [row, y] of target.entries()) {
    const own = predicted.subarray(row * width, (row + 1) * width);
    right += (width === 1 ? Number(own[0]! >= 0.5) : own.indexOf(Math.max(...own))) === y ? 1 : 0;
  }
  return right / target.length;
}
