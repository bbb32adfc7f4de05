import { factorPositive } from './cholesky.ts';
import type { Objective } from './objective.ts';

/** How an objective is minimised. */
export interface MinimizeOptions {
  /** Greatest absolute gradient of the mean objective to stop at. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** Where a minimisation ended. */
export interface Minimum {
  readonly parameters: Float64Array;
  readonly iterations: number;
  /** Greatest absolute component. */
  readonly gradientNorm: number;
  /** Whether the tolerance was reached, or the last digit that rounding lets through. */
  readonly converged: boolean;
}

type Point = { readonly parameters: Float64Array; readonly value: number; readonly gradient: Float64Array };

/** One step, the change of the gradient along it, 1 / (s·y), and y·M⁻¹·y of the preconditioner M. */
type Step = {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
  readonly square: number;
};

const machineEpsilon = 2.220446049250313e-16;

/**
 * Newton's method with Cholesky steps and a backtracking line search (Armijo), as scikit-learn's `newton-cholesky`.
 * Where rounding hides any further fall of the value, a smaller gradient decides.
 */
export function minimizeNewton(objective: Objective, start: Float64Array, options: MinimizeOptions): Minimum {
  let point = evaluateAt(objective, start);
  let iterations = 0;
  let stalled = false;
  while (greatest(point.gradient) > options.tolerance && iterations < options.maxIterations && !stalled) {
    const factor = factorPositive(objective.hessian(), point.gradient.length);
    const direction = factor.solve(point.gradient.map((g) => -g));
    const next = search(objective, point, direction, 1);
    iterations++;
    if (next === undefined) stalled = true;
    else point = next;
    // The Hessian belongs to the last evaluation, which a failed search has moved away from.
    if (stalled) objective.evaluate(point.parameters);
  }
  return ending(point, iterations, stalled, options);
}

/**
 * Limited-memory BFGS (Nocedal & Wright, algorithm 7.4), memory 20, backtracking line search. `precondition` applies an
 * approximate inverse of the Hessian, from which far fewer steps are needed; without one a multiple of the identity serves.
 */
export function minimizeLbfgs(
  objective: Objective,
  start: Float64Array,
  options: MinimizeOptions,
  precondition?: (vector: Float64Array) => Float64Array,
): Minimum {
  const memory = 20;
  const steps: Step[] = [];
  let point = evaluateAt(objective, start);
  let iterations = 0;
  let stalled = false;
  while (greatest(point.gradient) > options.tolerance && iterations < options.maxIterations && !stalled) {
    const direction = twoLoops(steps, point.gradient, precondition);
    const first =
      steps.length === 0 && precondition === undefined
        ? 1 / Math.max(1, Math.sqrt(dot(point.gradient, point.gradient)))
        : 1;
    const next = search(objective, point, direction, first);
    iterations++;
    if (next === undefined) {
      // Stale curvature may be to blame: once more along the plain gradient before giving up.
      if (steps.length === 0) stalled = true;
      steps.length = 0;
      continue;
    }
    const s = subtract(next.parameters, point.parameters);
    const y = subtract(next.gradient, point.gradient);
    const curvature = dot(s, y);
    if (curvature > machineEpsilon * dot(y, y)) {
      const square = precondition === undefined ? dot(y, y) : dot(y, precondition(y));
      steps.push({ s, y, rho: 1 / curvature, square });
      if (steps.length > memory) steps.shift();
    }
    point = next;
  }
  return ending(point, iterations, stalled, options);
}

function twoLoops(
  steps: readonly Step[],
  gradient: Float64Array,
  precondition?: (vector: Float64Array) => Float64Array,
): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const { s, y, rho } = steps[i]!;
    const alpha = rho * dot(s, q);
    alphas[i] = alpha;
    addScaled(q, y, -alpha);
  }
  const direction = precondition === undefined ? q : precondition(q);
  const last = steps.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * last.square);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (let i = 0; i < steps.length; i++) {
    const { s, y, rho } = steps[i]!;
    addScaled(direction, s, alphas[i]! - rho * dot(y, direction));
  }
  return direction;
}

/** Halves the step until the value falls enough; undefined where no step does. */
function search(objective: Objective, from: Point, direction: Float64Array, first: number): Point | undefined {
  const slope = dot(from.gradient, direction);
  if (!(slope < 0)) return undefined;
  const rounding = 16 * machineEpsilon * Math.abs(from.value);
  const norm = greatest(from.gradient);
  let step = first;
  for (let attempt = 0; attempt < 40; attempt++, step /= 2) {
    const parameters = from.parameters.slice();
    addScaled(parameters, direction, step);
    const point = evaluateAt(objective, parameters);
    if (point.value <= from.value + 1e-4 * step * slope) return point;
    const hidden = Math.abs(point.value - from.value) <= rounding;
    if (hidden && greatest(point.gradient) < norm) return point;
    if (hidden && attempt > 4) return undefined;
  }
  return undefined;
}

function ending(point: Point, iterations: number, stalled: boolean, options: MinimizeOptions): Minimum {
  const gradientNorm = greatest(point.gradient);
  const converged = gradientNorm <= options.tolerance || (stalled && gradientNorm <= 1e-6);
  return { parameters: point.parameters, iterations, gradientNorm, converged };
}

function evaluateAt(objective: Objective, parameters: Float64Array): Point {
  return { parameters, ...objective.evaluate(parameters) };
}

function greatest(values: Float64Array): number {
  let top = 0;
  for (const value of values) top = Math.max(top, Math.abs(value));
  return top;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}

function addScaled(target: Float64Array, values: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * values[i]!;
}
