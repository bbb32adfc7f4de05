import type { Configuration } from '../learn/learner.ts';

/** A learner with a configuration that may be tried. */
export interface Candidate {
  readonly learner: string;
  readonly configuration: Configuration;
  /** Work units of one fit on one fold with all its iterations. */
  readonly cost: number;
  /** Whether a first, cheap fit with a part of the iterations is possible. */
  readonly canCutIterations: boolean;
  /** Runs on all folds whatever the others score: a learner's default, a rule's choice. */
  readonly always: boolean;
}

/** What a search is made from. */
export interface SearchOptions {
  readonly candidates: readonly Candidate[];
  /** Folds a repeat, and repeats: fit `f` is fold `f % folds` of repeat `floor(f / folds)`. */
  readonly folds: number;
  /** @default 1 */
  readonly repeats?: number;
  /** Work units that the search may spend. */
  readonly units: number;
  /** One in this many goes on to the next rung. @default 3 */
  readonly reduction?: number;
  /** Candidates of a bracket, which is halved and compared with the best so far. @default 18 */
  readonly bracketSize?: number;
  /** Brackets without an improvement beyond the noise after which the search stops. @default 2 */
  readonly patience?: number;
  /** Order in which fits are made, as numbers `f`. @default 0, 1, 2 … */
  readonly fitOrder?: readonly number[];
}

/** One trial to run: a candidate on some fits. */
export interface TrialPlan {
  /** Position in the whole search; results are ordered by it. */
  readonly index: number;
  /** Position in the candidates. */
  readonly candidate: number;
  readonly learner: string;
  readonly configuration: Configuration;
  readonly bracket: number;
  readonly rung: number;
  /** Share of the iterations to run; 1 but in the cheapest rung of a tight budget. */
  readonly iterationShare: number;
  /** Fits to make: those of earlier rungs with all iterations are not made again. */
  readonly fits: readonly { readonly fit: number; readonly repeat: number; readonly fold: number }[];
  /** Work units that it is expected to take. */
  readonly cost: number;
}

/** What became of a trial. */
export interface TrialResult {
  readonly index: number;
  /** A score for each of the trial's fits, greater is better; absent where the trial failed. */
  readonly scores?: readonly number[];
  /** Work units that were counted. @default the plan's cost */
  readonly units?: number;
}

/** One step of a bracket: how many fits each member needs, with which share of its iterations. */
export interface Rung {
  readonly fits: number;
  readonly iterationShare: number;
}

/** What is known of a candidate. */
export interface CandidateState {
  /** Score of each fit with all iterations; null where it was not made. */
  readonly scores: readonly (number | null)[];
  /** Score of the fits with a part of the iterations. */
  readonly partial: readonly number[];
  readonly status: 'waiting' | 'running' | 'dropped' | 'finished' | 'failed' | 'unaffordable';
}

/** The winner of one bracket against the best before it. */
export interface BracketRecord {
  readonly bracket: number;
  /** Candidate that led after the bracket; absent where all failed. */
  readonly best?: number;
  readonly score?: number;
  /** How much better than the best before it, and the standard error of that difference; absent in the first bracket. */
  readonly improvement?: number;
  readonly noise?: number;
}

/** Everything that a search knows; plain JSON, never changed in place. */
export interface SearchState {
  readonly formatVersion: 1;
  readonly options: Required<SearchOptions>;
  readonly candidates: readonly CandidateState[];
  /** The bracket that runs. */
  readonly bracket: {
    readonly number: number;
    readonly members: readonly number[];
    readonly rung: number;
    readonly rungs: readonly Rung[];
  };
  /** Trials that wait for their results. */
  readonly pending: readonly TrialPlan[];
  readonly trials: number;
  /** Work units spent so far. */
  readonly spent: number;
  readonly history: readonly BracketRecord[];
  /** Brackets before this one do not count towards a plateau: candidates or units were added after them. */
  readonly plateauFrom: number;
  /** Candidates from this one on run alone, after a search that had ended for this reason. */
  readonly added?: { readonly from: number; readonly stopped: NonNullable<SearchState['stopped']> };
  /** Why no trial comes any more. */
  readonly stopped?: 'plateau' | 'budget' | 'exhausted';
}
