import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import type { FittedModel, GraphFeatures, ModelState, TaskKind } from '../learner.ts';
import { sigmoid, softmax } from '../link-functions.ts';
import { multiply } from './design.ts';
import { type Encoding, encode, layoutOf } from './encoding.ts';
import { linearToGraph } from './linear-graph.ts';

/** Everything that a linear model is. */
export interface LinearParts {
  readonly task: TaskKind;
  readonly encoding: Encoding;
  /** [outputs, columns], row-major; one output but for multiclass. Those of categories are float32 numbers. */
  readonly coefficients: Float64Array;
  readonly intercepts: Float64Array;
  /** Standard deviation of each column over the rows of the fit. */
  readonly deviations: Float64Array;
}

/** Rows that are encoded at once while predicting: small enough to stay in the cache. */
const chunk = 1024;

/** A fitted linear model: encoding, coefficients, and for classes the sigmoid or softmax. */
export function createLinearModel(parts: LinearParts): FittedModel {
  const { task, encoding, coefficients, intercepts, deviations } = parts;
  const outputCount = intercepts.length;
  const layout = layoutOf(encoding);
  const parameters = blocks(coefficients, intercepts, layout.columnCount);
  return {
    learner: 'linear',
    outputCount,
    operationsPerRow:
      6 * encoding.numbers.length +
      2 * layout.denseCount * (1 + outputCount) +
      2 * (encoding.categories.length + encoding.numbers.length) * outputCount +
      10 * outputCount,
    predict(features) {
      const out = new Float64Array(features.rowCount * outputCount);
      for (let start = 0; start < features.rowCount; start += chunk) {
        const end = Math.min(features.rowCount, start + chunk);
        const design = encode(encoding, features, start, end);
        const part = out.subarray(start * outputCount, end * outputCount);
        for (let k = 0; k < outputCount; k++) {
          multiply(design, parameters, k * (layout.columnCount + 1), part, outputCount, k);
        }
        if (task === 'binary') sigmoid(part);
        if (task === 'multiclass') softmax(part, outputCount);
      }
      return out;
    },
    toGraph: (graph: GraphBuilder, inputs: GraphFeatures) => linearToGraph(graph, inputs, parts),
    toState: (): ModelState => ({
      formatVersion: 1,
      learner: 'linear',
      json: { task, encoding },
      arrays: { coefficients, intercepts, deviations },
    }),
    importance: () => importance(parts),
    shifted: (by) => createLinearModel({ ...parts, intercepts: intercepts.map((value, k) => value + by[k]!) }),
  };
}

/** Reads what `toState` wrote. */
export function reviveLinearModel(state: ModelState): FittedModel {
  const { task, encoding } = state.json as Pick<LinearParts, 'task' | 'encoding'>;
  const { coefficients, intercepts, deviations } = state.arrays as Readonly<Record<string, Float64Array>>;
  return createLinearModel({
    task,
    encoding,
    coefficients: coefficients!,
    intercepts: intercepts!,
    deviations: deviations!,
  });
}

/** Coefficients with each output's intercept after them. */
function blocks(coefficients: Float64Array, intercepts: Float64Array, columnCount: number): Float64Array {
  const out = new Float64Array(intercepts.length * (columnCount + 1));
  for (let k = 0; k < intercepts.length; k++) {
    out.set(coefficients.subarray(k * columnCount, (k + 1) * columnCount), k * (columnCount + 1));
    out[k * (columnCount + 1) + columnCount] = intercepts[k]!;
  }
  return out;
}

/** Σ |coefficient| × deviation over the columns of a feature, as shares. */
function importance({ encoding, coefficients, intercepts, deviations }: LinearParts): Float64Array {
  const { hinges, missing, categories, columnCount } = layoutOf(encoding);
  const spread = (column: number) => {
    let sum = 0;
    for (let k = 0; k < intercepts.length; k++) sum += Math.abs(coefficients[k * columnCount + column]!);
    return sum * deviations[column]!;
  };
  const out = new Float64Array(encoding.numbers.length + encoding.categories.length);
  encoding.numbers.forEach(({ knots }, f) => {
    out[f] = spread(f) + (missing[f]! >= 0 ? spread(missing[f]!) : 0);
    for (let k = 0; k < knots.length; k++) out[f]! += spread(hinges[f]! + k);
  });
  encoding.categories.forEach((category, f) => {
    for (let c = 0; c < category.columnCount; c++) out[encoding.numbers.length + f]! += spread(categories[f]! + c);
  });
  const total = out.reduce((a, b) => a + b, 0);
  return total > 0 ? out.map((value) => value / total) : out;
}
