import type { Random } from '../../core/helpers/random.ts';

/** ½·ln(2π). */
const halfLogTwoPi = 0.9189385332046728;

/** Standard normal distribution function, to about 1e-15 (Marsaglia, J. Stat. Softw. 11(4), 2004: Taylor's series). */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let k = 3, before = Number.NaN; sum !== before; k += 2) {
    before = sum;
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x - halfLogTwoPi);
}

/** Standard normal quantile; ±8 stand for what is beyond. @param p in [0, 1] */
export function normalQuantile(p: number): number {
  return solve((x) => normalCdf(x), p, -8, 8);
}

/** Natural logarithm of the gamma function for x > 0 (Lanczos, g = 7, 9 terms). */
function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  let sum = 0.99999999999980993;
  for (let i = 0; i < coefficients.length; i++) sum += coefficients[i]! / (x + i);
  const t = x + 6.5;
  return halfLogTwoPi + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Regularised incomplete beta function I_x(a, b) (continued fraction of Lentz; Numerical Recipes, 6.4). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    for (const odd of [false, true]) {
      const numerator = odd
        ? (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
        : (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 + numerator * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + numerator / c;
      if (Math.abs(c) < tiny) c = tiny;
      fraction *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** Quantile of the Beta(a, b) distribution. @param p in [0, 1] */
export function betaQuantile(p: number, a: number, b: number): number {
  return solve((x) => betaCdf(x, a, b), p, 0, 1);
}

/** Quantile of Student's t distribution. @param p in (0, 1) */
export function studentQuantile(p: number, degrees: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  // I_x(df/2, 1/2) with x = df / (df + t²) is the mass of both tails.
  const x = betaQuantile(2 * (1 - p), degrees / 2, 0.5);
  return Math.sqrt(degrees * (1 / x - 1));
}

/** A draw from Beta(a, b), as two gamma draws. */
export function drawBeta(a: number, b: number, random: Random): number {
  const x = drawGamma(a, random);
  return x / (x + drawGamma(b, random));
}

/** A draw from Gamma(shape, 1) for shape ≥ 1/2 (Marsaglia & Tsang 2000; below 1 by Gamma(shape + 1) · U^(1/shape)). */
export function drawGamma(shape: number, random: Random): number {
  if (shape < 1) {
    const u = 1 - random.next();
    return drawGamma(shape + 1, random) * Math.exp(Math.log(u) / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    if (Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** The x in [low, high] at which a growing function reaches p, by bisection to the last bit. */
function solve(cdf: (x: number) => number, p: number, low: number, high: number): number {
  let a = low;
  let b = high;
  for (let i = 0; i < 200; i++) {
    const middle = (a + b) / 2;
    if (middle <= a || middle >= b) break;
    if (cdf(middle) < p) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
