import { TrainerError } from '../../../core/errors.ts';
import type { Configuration, Learner, LearnerFacts, TaskKind } from '../learner.ts';
import { columnDeviations, encode, layoutOf, learnEncoding } from './encoding.ts';
import { fitGlm, glmOperations } from './fit-glm.ts';
import { createLinearModel, reviveLinearModel } from './linear-model.ts';
import type { Family } from './objective.ts';

const families: Readonly<Record<TaskKind, Family>> = {
  binary: 'logistic',
  multiclass: 'multinomial',
  regression: 'gaussian',
};

/** Numeric columns, hinges included, up to which hinges are searched: beyond they cost more than they bring. */
const mostHinges = 1000;
/** Share of the counted steps after which Newton's method mostly is at its end. */
const usualSteps = 0.35;

/**
 * Ridge, logistic and multinomial logistic regression, solved to a gradient of 1e-8 (Newton, or L-BFGS where that counts
 * fewer operations).
 *
 * Numbers: median of the fit's rows for missing (with an indicator), standardised; `knots` adds hinges at quantiles,
 * which makes each feature's effect a piecewise linear curve; `clip` cuts at the 1 % and 99 % quantiles. Categories: a
 * column for each value that at least 3 rows have, for the 200 most frequent (fewer where there are many categorical
 * features: 1,000 columns together, at least 16 each); the others share the column of "other".
 *
 * `alpha` is the ridge penalty on standardised columns: minimised is Σ sᵢ·lossᵢ + alpha/2·‖w‖², so it is scikit-learn's
 * `Ridge(alpha)` (target in units of its deviation) and 1/`C` of `LogisticRegression(C)`. Intercepts are unpenalised.
 */
export const linearLearner: Learner = {
  name: 'linear',
  about: 'Ridge or logistic regression: a weighted sum of standardised numbers and category effects, fast and smooth.',
  tasks: ['binary', 'multiclass', 'regression'],
  defaults: () => ({ alpha: 1, knots: 0, clip: false }),
  space: (facts) => ({
    alpha: { kind: 'float', low: 1e-3, high: 1e4, scale: 'log' },
    knots: {
      kind: 'choice',
      options: [0, 3, 7].filter((knots) => knots === 0 || facts.numberCount * (1 + knots) <= mostHinges),
    },
    clip: { kind: 'choice', options: [false, true] },
  }),
  cost(configuration, facts) {
    const { columnCount, active } = expectedColumns(configuration, facts);
    const outputs = facts.task === 'multiclass' ? facts.classCount : 1;
    const operations = glmOperations(facts.rowCount, columnCount, outputs, active);
    const steps = facts.task === 'regression' ? 0.25 : 1;
    return (
      (steps * Math.min(operations.newton, operations.lbfgs) + 30 * facts.rowCount * (1 + facts.numberCount)) / 1e6
    );
  },
  footprint(configuration, facts) {
    const { columnCount, active } = expectedColumns(configuration, facts);
    const outputs = facts.task === 'multiclass' ? facts.classCount : 1;
    const dense = columnCount - facts.categorySizes.reduce((sum, size) => sum + Math.min(size, 200), 0);
    return {
      // Standardising values are float32, dense coefficients double, those of categories float32; notes of explanations are text.
      fileBytes: 24 * facts.numberCount + outputs * (8 * dense + 4 * (columnCount - dense) + 20 * active),
      operationsPerRow: 4 * facts.numberCount + 2 * active * outputs,
      costShare: usualSteps,
      fitBytes:
        facts.rowCount * (8 * dense + 4 * facts.categorySizes.length) + 16 * columnCount * columnCount * outputs,
    };
  },
  fit(rows, configuration, problem, context) {
    if (context.signal?.aborted)
      throw new TrainerError('RUN_ABORTED', 'The fit was aborted through its signal before it began.');
    const { alpha, knots, clip } = readConfiguration(configuration);
    const encoding = learnEncoding(rows.features, { knots, clip });
    const design = encode(encoding, rows.features);
    const family = families[problem.task];
    const { target, centre, scale } =
      family === 'gaussian' ? standardise(rows.target) : { target: rows.target, centre: 0, scale: 1 };
    const fit = fitGlm(design, target, {
      family,
      classCount: problem.classCount,
      alpha,
      weights: rows.weights,
      tolerance: 1e-8,
    });
    const { columnCount, denseCount } = layoutOf(encoding);
    const coefficients = fit.coefficients.map((value, i) => {
      const scaled = value * scale;
      // The graph gathers the coefficients of categories as float32.
      return i % columnCount >= denseCount ? Math.fround(scaled) : scaled;
    });
    const intercepts = fit.intercepts.map((value) => value * scale + centre);
    if (!allFinite(coefficients) || !allFinite(intercepts)) {
      throw new TrainerError(
        'TRAIN_FAILED',
        `Linear model: expected finite coefficients, got some that are not (alpha ${alpha}). Bring very large inputs to a smaller scale, or take another learner.`,
      );
    }
    context.progress?.(1);
    return {
      model: createLinearModel({
        task: problem.task,
        encoding,
        coefficients,
        intercepts,
        deviations: columnDeviations(design),
      }),
      notes: {
        converged: fit.converged,
        iterations: fit.iterations,
        gradientNorm: fit.gradientNorm,
        solver: fit.solver,
        columns: columnCount,
      },
    };
  },
  revive: reviveLinearModel,
};

function readConfiguration(configuration: Configuration): { alpha: number; knots: number; clip: boolean } {
  const { alpha = 1, knots = 0, clip = false } = configuration;
  if (typeof alpha !== 'number' || !(alpha >= 0) || !Number.isFinite(alpha)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Linear learner: expected alpha to be a number of at least 0, got ${String(alpha)}.`,
    );
  }
  if (typeof knots !== 'number' || !Number.isInteger(knots) || knots < 0 || knots > 50) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Linear learner: expected knots to be an integer from 0 to 50, got ${String(knots)}.`,
    );
  }
  return { alpha, knots, clip: clip === true };
}

/** Columns of the design, and how many of them are not 0 in a row. */
function expectedColumns(configuration: Configuration, facts: LearnerFacts): { columnCount: number; active: number } {
  const knots = typeof configuration.knots === 'number' ? configuration.knots : 0;
  const dense = facts.numberCount * (1 + knots);
  const missing = facts.missingShare > 0 ? facts.numberCount : 0;
  let columnCount = dense + missing;
  for (const size of facts.categorySizes) columnCount += Math.min(size, 200);
  return { columnCount, active: dense + missing + facts.categorySizes.length };
}

/** The target in units of its deviation, so that the tolerance and the penalty mean the same for every unit. */
function standardise(target: Float64Array): { target: Float64Array; centre: number; scale: number } {
  let centre = 0;
  for (const y of target) centre += y / target.length;
  let squares = 0;
  for (const y of target) squares += ((y - centre) * (y - centre)) / target.length;
  const scale = squares > 0 ? Math.sqrt(squares) : 1;
  return { target: target.map((y) => (y - centre) / scale), centre, scale };
}

function allFinite(values: Float64Array): boolean {
  return values.every((value) => Number.isFinite(value));
}
