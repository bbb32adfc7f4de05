import { TrainerError } from '../../core/errors.ts';
import type { Configuration, Fit, FitContext, Learner, Problem, TrainingRows } from './learner.ts';

/** The key by which the configuration of any learner of classes says how a fit weighs them. */
const key = 'classWeight';

/** A configuration whose fits give every class the same weight in all. */
export function balanced(configuration: Configuration): Configuration {
  return { ...configuration, [key]: 'balanced' };
}

/**
 * The weight of each class that makes all classes count alike: Σ weights / (classes × Σ weights of the class), over the classes
 * that occur; 1 for one that does not. This is `class_weight='balanced'` of scikit-learn (King and Zeng, "Logistic Regression in Rare
 * Events Data", 2001), which counts row weights in from 1.6 on.
 */
export function balancedWeights(
  { target, weights }: Pick<TrainingRows, 'target' | 'weights'>,
  classCount: number,
): Float64Array {
  const sums = new Float64Array(classCount);
  let total = 0;
  for (let row = 0; row < target.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    sums[target[row]!]! += weight;
    total += weight;
  }
  const occurring = sums.reduce((count, sum) => count + (sum > 0 ? 1 : 0), 0);
  return sums.map((sum) => (sum > 0 ? total / (occurring * sum) : 1));
}

/**
 * A learner whose configurations may say `classWeight: 'balanced'`. Such a fit learns from rows that are weighed by their class, and
 * stops early by rows that are weighed the same. A model of such rows takes all classes for equally frequent; what it says is put
 * right before anybody sees it, by the logarithms of the weights that are taken from its scores (Elkan, "The Foundations of
 * Cost-Sensitive Learning", 2001, theorem 2), so that probabilities are those of the data.
 */
export function withClassWeights(learner: Learner): Learner {
  return {
    ...learner,
    cost: (configuration, facts) => learner.cost(split(configuration).own, facts),
    ...(learner.footprint === undefined
      ? {}
      : { footprint: (configuration, facts) => learner.footprint!(split(configuration).own, facts) }),
    fit(rows, configuration, problem, context) {
      const { own, isBalanced } = split(configuration);
      return isBalanced ? fitBalanced(learner, rows, own, problem, context) : learner.fit(rows, own, problem, context);
    },
  };
}

function split(configuration: Configuration): { readonly own: Configuration; readonly isBalanced: boolean } {
  if (configuration[key] === undefined) return { own: configuration, isBalanced: false };
  const { [key]: classWeight, ...own } = configuration;
  return { own, isBalanced: classWeight === 'balanced' };
}

async function fitBalanced(
  learner: Learner,
  rows: TrainingRows,
  configuration: Configuration,
  problem: Problem,
  context: FitContext,
): Promise<Fit> {
  const byClass = balancedWeights(rows, problem.classCount);
  const { validation } = context;
  const fit = await learner.fit(weighed(rows, byClass), configuration, problem, {
    ...context,
    ...(validation === undefined ? {} : { validation: weighed(validation, byClass) }),
  });
  const logs = byClass.map((weight) => -Math.log(weight));
  const shifted = fit.model.shifted?.(problem.task === 'binary' ? [logs[1]! - logs[0]!] : [...logs]);
  if (shifted === undefined) {
    throw new TrainerError(
      'TRAIN_FAILED',
      `Expected the models of "${learner.name}" to have \`shifted\`, without which the probabilities of balanced classes can't be put right, got none. Write it, or leave the classes as they are.`,
      { details: { learner: learner.name } },
    );
  }
  return { ...fit, model: shifted };
}

function weighed(rows: TrainingRows, byClass: Float64Array): TrainingRows {
  const { target, weights } = rows;
  return { ...rows, weights: target.map((k, row) => byClass[k]! * (weights === undefined ? 1 : weights[row]!)) };
}
