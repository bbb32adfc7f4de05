import { mean } from './fold-statistics.ts';
import type { Rung, SearchState } from './search-state.ts';

/** A fifth, two fifths, all; before that a quarter of the iterations where full fits would be too few. */
export function rungsFor(state: SearchState, waiting: readonly number[], left: number): Rung[] {
  const fitCount = state.options.folds * state.options.repeats;
  const shares = [...new Set([Math.ceil(fitCount / 5), Math.ceil((2 * fitCount) / 5), fitCount])];
  const rungs = shares.map((fits): Rung => ({ fits, iterationShare: 1 }));
  const sample = waiting.slice(0, 9);
  const cuttable = sample.every((candidate) => state.options.candidates[candidate]!.canCutIterations);
  if (!cuttable || affordable(state, sample, rungs, left).length === sample.length) return rungs;
  return [{ fits: shares[0]!, iterationShare: 0.25 }, ...rungs];
}

/** The longest beginning of a list whose bracket, with its promotions, fits into the units that are left. */
export function affordable(
  state: SearchState,
  list: readonly number[],
  rungs: readonly Rung[],
  left: number,
): number[] {
  for (let count = list.length; count > 0; count--) {
    const members = list.slice(0, count);
    let units = 0;
    let alive = count;
    let earlier = 0;
    for (const { fits, iterationShare } of rungs) {
      const dearest = members.map((member) => state.options.candidates[member]!.cost).sort((a, b) => b - a);
      const cost = dearest.slice(0, alive).reduce((sum, value) => sum + value, 0);
      units += cost * (iterationShare < 1 ? fits * iterationShare : fits - earlier);
      if (iterationShare === 1) earlier = fits;
      alive = Math.max(1, Math.floor(alive / state.options.reduction));
    }
    if (units <= left) return members;
  }
  return [];
}

/** The candidate of the least cost, ties to the earlier one. */
export function cheapest(state: SearchState, list: readonly number[]): number {
  const cost = (candidate: number): number => state.options.candidates[candidate]!.cost;
  return list.reduce((least, candidate) => (cost(candidate) < cost(least) ? candidate : least));
}

/** The fits that a candidate still needs for a rung. */
export function missingFits(state: SearchState, candidate: number, rung: Rung): number[] {
  const wanted = state.options.fitOrder.slice(0, rung.fits);
  return rung.iterationShare < 1 ? wanted : wanted.filter((fit) => state.candidates[candidate]!.scores[fit] === null);
}

/** Work units that a candidate still needs for a rung. */
export function trialCost(state: SearchState, candidate: number, rung: Rung): number {
  return missingFits(state, candidate, rung).length * state.options.candidates[candidate]!.cost * rung.iterationShare;
}

/** Mean score of a candidate over the fits of a rung, the same fits for all that reached it. */
export function rungScore(state: SearchState, candidate: number, rung: Rung): number {
  const { scores, partial } = state.candidates[candidate]!;
  if (rung.iterationShare < 1) return mean(partial);
  return mean(state.options.fitOrder.slice(0, rung.fits).map((fit) => scores[fit]!));
}
