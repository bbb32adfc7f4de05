import { createSearch, nextTrials, report } from '../../../tools/search/search.ts';
import type { Candidate, SearchState } from '../../../tools/search/search-state.ts';

/** What a search is to take: `least` where nothing improves on the first, `most` where each does, `expected` where each does and fits mostly stop early. */
export interface SearchForecast {
  readonly trials: { readonly least: number; readonly most: number };
  readonly workUnits: { readonly least: number; readonly most: number; readonly expected: number };
}

/** Share of its iterations after which a fit that stops early mostly has stopped, at least. */
const earlyShare = 0.1;
/** Share of its counted cost that a fit mostly takes, where its learner does not say. */
const usualShare = 0.3;

/**
 * Runs the search itself with made-up scores: once with equal ones, which end it at a plateau with every fit stopped
 * early, once with rising ones and every fit to its last iteration.
 */
export function forecastSearch(
  candidates: readonly Candidate[],
  {
    shareOf,
    ...options
  }: {
    readonly folds: number;
    readonly repeats: number;
    readonly units: number;
    /** Share of its counted cost that a fit of a learner mostly takes, where it says. */
    readonly shareOf?: (learner: string) => number | undefined;
  },
): SearchForecast {
  const stopping =
    (share: number) =>
    ({ canCutIterations }: Candidate): number =>
      canCutIterations ? share : 1;
  const plateau = play(createSearch({ candidates, ...options }), { shareOf: stopping(earlyShare), isRising: false });
  const rising = play(createSearch({ candidates, ...options }), { shareOf: () => 1, isRising: true });
  const expected = play(createSearch({ candidates, ...options }), {
    shareOf: ({ learner }) => shareOf?.(learner) ?? usualShare,
    isRising: true,
  });
  return {
    trials: {
      least: Math.min(plateau.trials, rising.trials),
      most: Math.max(plateau.trials, rising.trials),
    },
    workUnits: {
      least: plateau.spent,
      most: Math.max(plateau.spent, rising.spent),
      expected: expected.spent,
    },
  };
}

function play(
  start: SearchState,
  how: { readonly shareOf: (candidate: Candidate) => number; readonly isRising: boolean },
): SearchState {
  let state = start;
  for (let trials = nextTrials(state); trials.length > 0; trials = nextTrials(state)) {
    state = report(
      state,
      trials.map(({ index, candidate, fits, cost }) => ({
        index,
        scores: fits.map(() => (how.isRising ? candidate : 0)),
        units: cost * how.shareOf(state.options.candidates[candidate]!),
      })),
    );
  }
  return state;
}
