import { betaCdf } from '../evaluate/distributions.ts';
import { populationStabilityIndex, stabilityByChance } from './drift/distribution-shift.ts';

/** Why a canary was taken back. */
export type CanaryProblem = 'errors' | 'latency' | 'predictions';

/** Least counts and levels of the tests of a canary. */
export const canaryTests = {
  /** Level of the exact binomial tests; each is made where the canary's requests have doubled, not with every request. */
  level: 0.001,
  errors: { requests: 50, errors: 5 },
  latency: { requests: 200, factor: 2 },
  predictions: { rows: 500, stability: 0.25 },
} as const;

/** Bins of latency: eight to a doubling, from a microsecond on. */
const binOf = (ms: number): number => Math.max(0, Math.round(8 * Math.log2(Math.max(ms, 1e-3) * 1000)));

interface Side {
  requests: number;
  errors: number;
  rows: number;
  readonly latency: number[];
  readonly predictions: Map<string, number>;
}

const side = (): Side => ({ requests: 0, errors: 0, rows: 0, latency: [], predictions: new Map() });

/** P(X ≥ count) of a binomial distribution. */
const upperTail = (count: number, n: number, p: number): number => (count <= 0 ? 1 : betaCdf(p, count, n - count + 1));

/**
 * Holds a canary against the stable version while both answer.
 *
 * - `errors`: more failures than the stable version's rate would bring (with one success and one failure added to it, at
 *   least 0.1 %); 50 requests and 5 failures at least.
 * - `latency`: more than 1 % of answers slower than twice the stable version's 99th percentile; 200 requests of each.
 * - `predictions`: population stability index of the predictions of at least 0.25, and above what chance reaches (level
 *   0.001); 500 rows of each.
 */
export class CanaryWatch {
  readonly #sides = { stable: side(), canary: side() };
  #nextLook = canaryTests.errors.requests as number;
  #nextRows = canaryTests.predictions.rows as number;

  /** Counts an answer, and tells what is wrong with the canary where it is time to look. */
  answered(which: 'stable' | 'canary', isError: boolean, ms: number): CanaryProblem | undefined {
    const counts = this.#sides[which];
    counts.requests++;
    if (isError) counts.errors++;
    else {
      const bin = binOf(ms);
      counts.latency[bin] = (counts.latency[bin] ?? 0) + 1;
    }
    if (which !== 'canary' || counts.requests < this.#nextLook) return undefined;
    this.#nextLook *= 2;
    if (this.#hasErrors()) return 'errors';
    return this.#isSlow() ? 'latency' : undefined;
  }

  /** Counts predictions by class, or by a bin of the value. */
  predicted(which: 'stable' | 'canary', classes: readonly string[]): CanaryProblem | undefined {
    const counts = this.#sides[which];
    for (const name of classes) counts.predictions.set(name, (counts.predictions.get(name) ?? 0) + 1);
    counts.rows += classes.length;
    const { stable, canary } = this.#sides;
    if (Math.min(stable.rows, canary.rows) < this.#nextRows) return undefined;
    this.#nextRows *= 2;
    const names = [...new Set([...stable.predictions.keys(), ...canary.predictions.keys()])];
    const of = ({ predictions }: Side) => names.map((name) => predictions.get(name) ?? 0);
    const byChance = stabilityByChance(names.length, stable.rows, canary.rows, canaryTests.level);
    const limit = Math.max(canaryTests.predictions.stability, byChance);
    return populationStabilityIndex(of(stable), of(canary)) >= limit ? 'predictions' : undefined;
  }

  #hasErrors(): boolean {
    const { stable, canary } = this.#sides;
    if (canary.errors < canaryTests.errors.errors) return false;
    const rate = Math.max(0.001, (stable.errors + 1) / (stable.requests + 2));
    return upperTail(canary.errors, canary.requests, rate) < canaryTests.level;
  }

  #isSlow(): boolean {
    const { stable, canary } = this.#sides;
    const { requests, factor } = canaryTests.latency;
    const answers = (counts: Side) => counts.requests - counts.errors;
    if (Math.min(answers(stable), answers(canary)) < requests) return false;
    let below = 0;
    let limit = 0;
    while (below + (stable.latency[limit] ?? 0) <= 0.99 * answers(stable)) below += stable.latency[limit++] ?? 0;
    limit += 8 * Math.log2(factor);
    let slower = 0;
    for (let bin = limit + 1; bin < canary.latency.length; bin++) slower += canary.latency[bin] ?? 0;
    return upperTail(slower, answers(canary), 0.01) < canaryTests.level;
  }
}
