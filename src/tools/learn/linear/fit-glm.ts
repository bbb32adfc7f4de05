import type { Design } from './design.ts';
import { type Minimum, minimizeLbfgs, minimizeNewton } from './minimize.ts';
import { createObjective, type Family } from './objective.ts';

/** How a generalised linear model is fitted. */
export interface GlmOptions {
  readonly family: Family;
  /** Number of classes; only for `multinomial`. */
  readonly classCount?: number;
  /** Ridge penalty: scikit-learn's `Ridge(alpha)`, and 1/`C` of its `LogisticRegression(C)`. */
  readonly alpha: number;
  readonly weights?: Float64Array | undefined;
  /** Greatest absolute gradient of the mean objective. @default 1e-8 */
  readonly tolerance?: number;
  /** @default chosen by counted operations */
  readonly solver?: Solver;
}

/** The solvers that there are. */
export type Solver = 'newton' | 'lbfgs';

/** A fitted generalised linear model. */
export interface GlmFit extends Omit<Minimum, 'parameters'> {
  /** [outputs, columnCount], row-major. */
  readonly coefficients: Float64Array;
  /** One an output; those of `multinomial` sum to 0. */
  readonly intercepts: Float64Array;
  readonly solver: Solver;
}

/** Counted operations of a whole fit by each solver, with the iterations that each typically takes. */
export function glmOperations(
  rowCount: number,
  columnCount: number,
  outputCount: number,
): Readonly<Record<Solver, number>> {
  const size = columnCount + 1;
  const blocks = (outputCount * (outputCount + 1)) / 2;
  const all = size * outputCount;
  return {
    newton: 8 * ((rowCount * blocks * size * size) / 2 + (all * all * all) / 6 + 2 * rowCount * all),
    lbfgs: 150 * 2 * rowCount * all,
  };
}

/** Parameters beyond which a Hessian takes too much memory and time. */
const mostNewtonParameters = 2000;

function chooseSolver(design: Design, family: Family, outputCount: number): Solver {
  if ((design.columnCount + 1) * outputCount > mostNewtonParameters) return 'lbfgs';
  // A quadratic is solved by one Newton step.
  if (family === 'gaussian') return 'newton';
  const operations = glmOperations(design.rowCount, design.columnCount, outputCount);
  return operations.newton <= operations.lbfgs ? 'newton' : 'lbfgs';
}

/** Fits ridge, logistic or multinomial logistic regression to a gradient tolerance, on the design as it is (no scaling). */
export function fitGlm(design: Design, target: Float64Array, options: GlmOptions): GlmFit {
  const { family, alpha, weights } = options;
  const outputCount = family === 'multinomial' ? options.classCount! : 1;
  const objective = createObjective(design, target, { family, outputCount, alpha, weights });
  const size = design.columnCount + 1;
  const tolerance = options.tolerance ?? 1e-8;
  const solver = options.solver ?? chooseSolver(design, family, outputCount);
  const start = new Float64Array(objective.parameterCount);
  let minimum =
    solver === 'newton'
      ? minimizeNewton(objective, start, { tolerance, maxIterations: 100 })
      : minimizeLbfgs(objective, start, { tolerance, maxIterations: options.solver === undefined ? 300 : 2000 });
  // Badly conditioned (a small penalty, collinear columns): Newton's method finishes what L-BFGS crawls towards.
  if (
    !minimum.converged &&
    options.solver === undefined &&
    solver === 'lbfgs' &&
    start.length <= mostNewtonParameters
  ) {
    const polished = minimizeNewton(objective, minimum.parameters, { tolerance, maxIterations: 100 });
    minimum = { ...polished, iterations: minimum.iterations + polished.iterations };
  }
  const { parameters, ...ending } = minimum;
  const coefficients = new Float64Array(outputCount * design.columnCount);
  const intercepts = new Float64Array(outputCount);
  let mean = 0;
  for (let k = 0; k < outputCount; k++) {
    coefficients.set(parameters.subarray(k * size, k * size + design.columnCount), k * design.columnCount);
    intercepts[k] = parameters[k * size + design.columnCount]!;
    mean += intercepts[k]! / outputCount;
  }
  if (family === 'multinomial') for (let k = 0; k < outputCount; k++) intercepts[k]! -= mean;
  return { coefficients, intercepts, solver, ...ending };
}
