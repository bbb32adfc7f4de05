import { TrainerError } from '../../core/errors.ts';
import { mean, standardError } from './fold-statistics.ts';
import { affordable, cheapest, missingFits, rungScore, rungsFor, trialCost } from './rungs.ts';
import type {
  BracketRecord,
  Candidate,
  CandidateState,
  Rung,
  SearchOptions,
  SearchState,
  TrialPlan,
  TrialResult,
} from './search-state.ts';

/**
 * Starts a search: successive halving in synchronous rungs, bracket after bracket.
 *
 * The first bracket runs every candidate marked `always` on all fits. Each later bracket takes the next candidates, scores
 * them on a fifth of the fits, keeps a third, scores those on two fifths, keeps a third, and scores the rest on all fits. A
 * fit is made once: later rungs only add fits. Where the budget could not pay a bracket of nine that way, candidates that
 * can are tried first with a quarter of their iterations. The search ends when candidates or work units run out, or when
 * `patience` brackets in a row improved on the best by less than the standard error of the paired difference.
 *
 * The state is a value: `nextTrials` reads it, `report` returns the next one, and equal results in any order give equal
 * states.
 *
 * Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016.
 *
 * @throws {TrainerError} REQUEST_INVALID for no candidates, or sizes that are not positive.
 */
export function createSearch(options: SearchOptions): SearchState {
  const fitCount = options.folds * (options.repeats ?? 1);
  const complete: Required<SearchOptions> = {
    ...options,
    repeats: options.repeats ?? 1,
    reduction: options.reduction ?? 3,
    bracketSize: options.bracketSize ?? 18,
    patience: options.patience ?? 2,
    fitOrder: options.fitOrder ?? Array.from({ length: fitCount }, (_, fit) => fit),
  };
  if (options.candidates.length === 0 || !(fitCount >= 1) || !(complete.reduction > 1) || complete.bracketSize < 1) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected candidates, folds and a reduction above 1, got ${options.candidates.length} candidates, ${fitCount} fits, reduction ${complete.reduction}.`,
    );
  }
  const waiting: CandidateState = { scores: Array(fitCount).fill(null), partial: [], status: 'waiting' };
  return startBracket({
    formatVersion: 1,
    options: complete,
    candidates: options.candidates.map(() => waiting),
    bracket: { number: -1, members: [], rung: 0, rungs: [] },
    pending: [],
    trials: 0,
    spent: 0,
    history: [],
    plateauFrom: 0,
  });
}

/** The trials whose results the search waits for; none when it has ended. They may run in any order, or side by side. */
export function nextTrials(state: SearchState): readonly TrialPlan[] {
  return state.pending;
}

/**
 * The state after all pending trials have a result.
 *
 * @throws {TrainerError} INTERNAL where a result is missing, unknown, or has another number of scores than the trial's fits.
 */
export function report(state: SearchState, results: readonly TrialResult[]): SearchState {
  const byIndex = new Map(results.map((result) => [result.index, result]));
  const unknown = results.find((result) => !state.pending.some((trial) => trial.index === result.index));
  if (unknown !== undefined || byIndex.size !== state.pending.length) {
    throw new TrainerError(
      'INTERNAL',
      `Expected one result for each of ${state.pending.length} pending trials, got ${byIndex.size}${unknown === undefined ? '' : ` and one for trial ${unknown.index}, which is not pending`}.`,
    );
  }
  const candidates = state.candidates.slice();
  let spent = state.spent;
  for (const trial of state.pending) {
    const result = byIndex.get(trial.index)!;
    spent += result.units ?? trial.cost;
    candidates[trial.candidate] = withResult(candidates[trial.candidate]!, trial, result);
  }
  return advance({ ...state, candidates, spent, pending: [] });
}

/** The best candidate that has a score on every fit, ties to the earlier one; absent where there is none. */
export function best(
  state: SearchState,
): { readonly candidate: number; readonly score: number; readonly scores: readonly number[] } | undefined {
  const [first] = ranking(state);
  return first;
}

/** All candidates that have a score on every fit, the best first, ties to the earlier one. */
export function ranking(
  state: SearchState,
): { readonly candidate: number; readonly score: number; readonly scores: readonly number[] }[] {
  return state.candidates
    .flatMap(({ status, scores }, candidate) => {
      if (status !== 'finished') return [];
      const made = scores.filter((score) => score !== null);
      return [{ candidate, score: mean(made), scores: made }];
    })
    .sort((left, right) => right.score - left.score || left.candidate - right.candidate);
}

/**
 * Adds candidates and work units to a search. One that had ended goes on: with the added candidates alone where there are
 * any, else with those that had not had their turn; what made it end before does not count again.
 */
export function addCandidates(state: SearchState, added: readonly Candidate[], units = 0): SearchState {
  const { stopped, ...rest } = state;
  const fitCount = state.options.folds * state.options.repeats;
  const waiting: CandidateState = { scores: Array(fitCount).fill(null), partial: [], status: 'waiting' };
  const next: SearchState = {
    ...rest,
    options: {
      ...state.options,
      candidates: [...state.options.candidates, ...added],
      units: state.options.units + units,
    },
    candidates: [...state.candidates, ...added.map(() => waiting)],
    plateauFrom: state.history.length,
  };
  if (stopped === undefined) return next;
  if (added.length === 0) return startBracket(next);
  return startBracket({ ...next, added: { from: state.candidates.length, stopped } });
}

function withResult(before: CandidateState, trial: TrialPlan, result: TrialResult): CandidateState {
  if (result.scores === undefined) return { ...before, status: 'failed' };
  if (result.scores.length !== trial.fits.length) {
    throw new TrainerError(
      'INTERNAL',
      `Expected ${trial.fits.length} scores of trial ${trial.index}, got ${result.scores.length}.`,
    );
  }
  if (!result.scores.every(Number.isFinite)) return { ...before, status: 'failed' };
  if (trial.iterationShare < 1) return { ...before, partial: result.scores };
  const scores = before.scores.slice();
  trial.fits.forEach(({ fit }, position) => {
    scores[fit] = result.scores![position]!;
  });
  return { ...before, scores };
}

/** After a rung: the best go on to the next, or the bracket ends. */
function advance(state: SearchState): SearchState {
  const { members, rung, rungs, number } = state.bracket;
  const alive = members.filter((member) => state.candidates[member]!.status === 'running');
  if (rung === rungs.length - 1 || alive.length === 0) return endBracket(state, alive);
  const ranked = alive
    .map((member) => ({ member, score: rungScore(state, member, rungs[rung]!) }))
    .sort((left, right) => right.score - left.score || left.member - right.member);
  const wanted = Math.max(1, Math.floor(ranked.length / state.options.reduction));
  const next = rungs[rung + 1]!;
  let left = state.options.units - state.spent;
  const promoted: number[] = [];
  for (const { member } of ranked.slice(0, wanted)) {
    const cost = trialCost(state, member, next);
    if (cost > left) break; // the next best is not promoted in its place: a cheaper candidate is no better one
    left -= cost;
    promoted.push(member);
  }
  const candidates = state.candidates.slice();
  for (const member of alive) {
    if (!promoted.includes(member)) candidates[member] = { ...candidates[member]!, status: 'dropped' };
  }
  const after = { ...state, candidates };
  if (promoted.length === 0) return endBracket(after, []);
  return withTrials({ ...after, bracket: { number, members: promoted, rung: rung + 1, rungs } });
}

function endBracket(state: SearchState, finished: readonly number[]): SearchState {
  const before = best(state);
  const candidates = state.candidates.slice();
  for (const member of finished) candidates[member] = { ...candidates[member]!, status: 'finished' };
  const after = { ...state, candidates };
  const leader = best(after);
  let record: BracketRecord = { bracket: state.bracket.number };
  if (leader !== undefined) record = { ...record, best: leader.candidate, score: leader.score };
  if (leader !== undefined && before !== undefined) {
    const differences = leader.scores.map((score, fit) => score - before.scores[fit]!);
    record = { ...record, improvement: mean(differences), noise: standardError(differences, state.options.folds) };
  }
  return startBracket({ ...after, history: [...state.history, record] });
}

function end(state: SearchState, stopped: NonNullable<SearchState['stopped']>): SearchState {
  const { added: _, ...rest } = state;
  return { ...rest, pending: [], stopped };
}

function startBracket(state: SearchState): SearchState {
  const { options, history, plateauFrom, added } = state;
  const number = state.bracket.number + 1;
  const recent = history.slice(plateauFrom).slice(-options.patience);
  const flat = recent.filter(({ improvement, noise }) => improvement !== undefined && improvement <= (noise ?? 0));
  const waiting = state.candidates.flatMap(({ status }, candidate) =>
    status === 'waiting' && candidate >= (added?.from ?? 0) ? [candidate] : [],
  );
  const always = waiting.filter((candidate) => options.candidates[candidate]!.always);
  if (waiting.length === 0) return end(state, added?.stopped ?? 'exhausted');
  if (always.length === 0 && flat.length === options.patience) return end(state, 'plateau');

  const fitCount = options.folds * options.repeats;
  const full: Rung = { fits: fitCount, iterationShare: 1 };
  const left = options.units - state.spent;
  let rungs: readonly Rung[] = [full];
  let members = always;
  if (always.length === 0) {
    rungs = rungsFor(state, waiting, left);
    members = affordable(state, waiting.slice(0, options.bracketSize), rungs, left);
    if (members.length === 0) return end(state, 'budget');
  } else if (always.reduce((sum, candidate) => sum + trialCost(state, candidate, full), 0) > left) {
    let rest = left;
    members = always.filter((candidate) => {
      const cost = trialCost(state, candidate, full);
      if (cost > rest) return false;
      rest -= cost;
      return true;
    });
    // Something must be measured, whatever the budget: then the cheapest of them.
    if (members.length === 0 && best(state) === undefined) members = [cheapest(state, always)];
  }
  const candidates = state.candidates.slice();
  for (const candidate of always) candidates[candidate] = { ...candidates[candidate]!, status: 'unaffordable' };
  for (const member of members) candidates[member] = { ...candidates[member]!, status: 'running' };
  const next: SearchState = { ...state, candidates, bracket: { number, members, rung: 0, rungs } };
  return members.length === 0 ? startBracket(next) : withTrials(next);
}

function withTrials(state: SearchState): SearchState {
  const { number, members, rung, rungs } = state.bracket;
  const { candidates, folds } = state.options;
  const step = rungs[rung]!;
  const pending = members.map((candidate, position): TrialPlan => {
    const { learner, configuration } = candidates[candidate]!;
    const fits = missingFits(state, candidate, step).map((fit) => ({
      fit,
      repeat: Math.floor(fit / folds),
      fold: fit % folds,
    }));
    const cost = trialCost(state, candidate, step);
    const { iterationShare } = step;
    return {
      index: state.trials + position,
      candidate,
      learner,
      configuration,
      bracket: number,
      rung,
      iterationShare,
      fits,
      cost,
    };
  });
  return { ...state, pending, trials: state.trials + pending.length };
}
