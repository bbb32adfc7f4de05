import { createSearch, nextTrials, report } from '../../../tools/search/search.ts';
import type { Candidate, SearchState } from '../../../tools/search/search-state.ts';

/** What a search is expected to take: `least` where nothing improves on the first, `most` where each does. */
export interface SearchForecast {
  readonly trials: { readonly least: number; readonly most: number };
  readonly workUnits: { readonly least: number; readonly most: number };
}

/** Share of its iterations after which a fit that stops early mostly has stopped, at least. */
const earlyShare = 0.1;

/**
 * Runs the search itself with made-up scores: once with equal ones, which end it at a plateau with every fit stopped
 * early, once with rising ones and every fit to its last iteration.
 */
export function forecastSearch(
  candidates: readonly Candidate[],
  options: { readonly folds: number; readonly repeats: number; readonly units: number },
): SearchForecast {
  const plateau = play(createSearch({ candidates, ...options }), { share: earlyShare, isRising: false });
  const rising = play(createSearch({ candidates, ...options }), { share: 1, isRising: true });
  return {
    trials: {
      least: Math.min(plateau.trials, rising.trials),
      most: Math.max(plateau.trials, rising.trials),
    },
    workUnits: { least: plateau.spent, most: Math.max(plateau.spent, rising.spent) },
  };
}

function play(start: SearchState, how: { readonly share: number; readonly isRising: boolean }): SearchState {
  let state = start;
  for (let trials = nextTrials(state); trials.length > 0; trials = nextTrials(state)) {
    state = report(
      state,
      trials.map(({ index, candidate, fits, cost }) => ({
        index,
        scores: fits.map(() => (how.isRising ? candidate : 0)),
        units: state.options.candidates[candidate]!.canCutIterations ? cost * how.share : cost,
      })),
    );
  }
  return state;
}
