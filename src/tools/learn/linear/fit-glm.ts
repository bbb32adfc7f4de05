import { factorPositive } from './cholesky.ts';
import { type Design, weightedGram } from './design.ts';
import { type Minimum, minimizeLbfgs, minimizeNewton } from './minimize.ts';
import { createObjective, type Family, type ObjectiveOptions } from './objective.ts';

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

/** Columns up to which L-BFGS is given a preconditioner. */
const mostPreconditioned = 1500;

/**
 * Counted operations of a whole fit by each solver, with the iterations that each typically takes. `active` is how many
 * columns are not 0 in a row: each group of indicators counts once.
 */
export function glmOperations(
  rowCount: number,
  columnCount: number,
  outputCount: number,
  active = columnCount,
): Readonly<Record<Solver, number>> {
  const size = columnCount + 1;
  const blocks = (outputCount * (outputCount + 1)) / 2;
  const all = size * outputCount;
  const gram = (rowCount * (active + 1) * (active + 1)) / 2;
  const pass = 4 * rowCount * (active + 1) * outputCount;
  return {
    newton: 8 * (blocks * gram + (all * all * all) / 6 + pass),
    lbfgs:
      size <= mostPreconditioned
        ? gram + (outputCount * size * size * size) / 6 + 60 * (pass + 4 * all * size)
        : 250 * pass,
  };
}

/** Parameters beyond which a Hessian takes too much memory and time. */
const mostNewtonParameters = 2000;

function chooseSolver(design: Design, family: Family, outputCount: number): Solver {
  if ((design.columnCount + 1) * outputCount > mostNewtonParameters) return 'lbfgs';
  // A quadratic is solved by one Newton step.
  if (family === 'gaussian') return 'newton';
  const active = design.denseCount + design.groups.length;
  const operations = glmOperations(design.rowCount, design.columnCount, outputCount, active);
  return operations.newton <= operations.lbfgs ? 'newton' : 'lbfgs';
}

/**
 * The Hessian at the classes' shares, without its parts between classes: a block p̄ₖ(1 − p̄ₖ)·XᵀSX + penalty for each output.
 * Undefined for wide designs, whose blocks would cost more than the steps they spare.
 */
function preconditioner(
  design: Design,
  target: Float64Array,
  { family, outputCount, alpha, weights }: ObjectiveOptions,
): ((vector: Float64Array) => Float64Array) | undefined {
  const size = design.columnCount + 1;
  if (size > mostPreconditioned) return undefined;
  const w = weights ?? new Float64Array(design.rowCount).fill(1);
  const shares = new Float64Array(outputCount);
  let total = 0;
  for (let row = 0; row < w.length; row++) {
    total += w[row]!;
    if (family === 'multinomial') shares[target[row]!]! += w[row]!;
    if (family === 'logistic') shares[0]! += w[row]! * target[row]!;
  }
  const gram = new Float64Array(size * size);
  weightedGram(design, w, gram, size, 0, 0);
  const factors = Array.from(shares, (share) => {
    const curvature = family === 'gaussian' ? 1 : Math.max(1e-3, (share / total) * (1 - share / total));
    const block = gram.map((value) => (value * curvature) / total);
    for (let j = 0; j < design.columnCount; j++) block[j * (size + 1)]! += alpha / total;
    return factorPositive(block, size);
  });
  return (vector) => {
    const out = new Float64Array(vector.length);
    factors.forEach((factor, k) => {
      out.set(factor.solve(vector.subarray(k * size, (k + 1) * size)), k * size);
    });
    if (outputCount > 1) centreClasses(out, size, outputCount);
    return out;
  };
}

/** Steps must not add the same to all classes: that changes no probability, and Newton's method takes it for absent. */
function centreClasses(vector: Float64Array, size: number, classCount: number): void {
  for (let j = 0; j < size; j++) {
    let mean = 0;
    for (let k = 0; k < classCount; k++) mean += vector[k * size + j]! / classCount;
    for (let k = 0; k < classCount; k++) vector[k * size + j]! -= mean;
  }
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
      : minimizeLbfgs(
          objective,
          start,
          { tolerance, maxIterations: 300 },
          preconditioner(design, target, { family, outputCount, alpha, weights }),
        );
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
