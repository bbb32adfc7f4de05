import { TrainerError } from '../../../core/errors.ts';
import type { FittedModel, Learner, ModelState } from '../learner.ts';

/**
 * What a model must beat: the shares of the classes, or the mean, whatever the row. The mean is the best constant for
 * squared error. (The median, best for absolute error, would be the value of a row.)
 */
export const baselineLearner: Learner = {
  name: 'baseline',
  about: 'Predicts the shares of the classes, or the mean, for every row: what any useful model must beat.',
  tasks: ['binary', 'multiclass', 'regression'],
  defaults: () => ({}),
  space: () => ({}),
  cost: (_, facts) => facts.rowCount / 1e6,
  fit(rows, _configuration, problem) {
    const { target, weights } = rows;
    const sums = new Float64Array(problem.task === 'regression' ? 1 : problem.classCount);
    let total = 0;
    for (let row = 0; row < target.length; row++) {
      const weight = weights === undefined ? 1 : weights[row]!;
      total += weight;
      if (problem.task === 'regression') sums[0]! += weight * target[row]!;
      else sums[target[row]!]! += weight;
    }
    if (total === 0)
      throw new TrainerError(
        'TRAIN_FAILED',
        'Baseline: expected at least one row with a positive weight, got none. Check the weight column.',
      );
    const means = sums.map((sum) => sum / total);
    const outputs = problem.task === 'binary' ? means.slice(1) : means;
    return {
      model: createBaseline(outputs, rows.features.numbers.length + rows.features.categories.length),
      notes: {},
    };
  },
  revive: (state) =>
    createBaseline(state.arrays.outputs as Float64Array, (state.json as { featureCount: number }).featureCount),
};

function createBaseline(outputs: Float64Array, featureCount: number): FittedModel {
  const outputCount = outputs.length;
  return {
    learner: 'baseline',
    outputCount,
    operationsPerRow: outputCount,
    predict(features) {
      const out = new Float64Array(features.rowCount * outputCount);
      for (let row = 0; row < features.rowCount; row++) out.set(outputs, row * outputCount);
      return out;
    },
    toGraph(graph, inputs) {
      const source = inputs.numbers ?? inputs.codes;
      const values = graph.floats(outputs, [1, outputCount]);
      if (source === undefined) return values;
      // The number of rows is known from an input alone.
      const rows = graph.node('Shape', [source], { attributes: { start: { int: 0 }, end: { int: 1 } } });
      const shape = graph.node('Concat', [rows, graph.ints([outputCount])], { attributes: { axis: { int: 0 } } });
      return graph.node('Expand', [values, shape]);
    },
    toState: (): ModelState => ({ formatVersion: 1, learner: 'baseline', json: { featureCount }, arrays: { outputs } }),
    importance: () => new Float64Array(featureCount),
  };
}
