import type { MetricId } from '../../../core/task-spec.ts';
import { isGreaterBetter } from '../assess/assess.ts';
import { meets } from '../assess/outcome.ts';

/** What the Task agent may decide after a measured outcome on validation data. */
export type NextMove = 'go-on' | 'more-budget' | 'reduce-less' | 'counter-offer' | 'stop';

/** What is known when the question is asked. Scores are of validation data; the vault's are never among them. */
export interface NextFacts {
  readonly metric: MetricId;
  /** Absent where the request names none. */
  readonly threshold?: number;
  /** The best validation score after each finished trial, in order. */
  readonly best: readonly number[];
  /** The score of the answer without inputs. */
  readonly baseline: number;
  /** The spread of the best model's score over folds, as one standard error. */
  readonly standardError: number;
  /** Shares of the budget: 0 nothing left, 1 untouched. */
  readonly budgetLeft: number;
  /** Whether the host's ceiling allows a larger budget, and how often it was already enlarged. */
  readonly canEnlarge: boolean;
  readonly enlarged: number;
  /** Rows the search used, and rows there are. */
  readonly rowsUsed: number;
  readonly rowsThere: number;
  /** Whether all limits are kept by the best model. */
  readonly limitsKept: boolean;
}

/** A move with its reason, in plain words without numbers of its own. */
export interface NextStep {
  readonly move: NextMove;
  readonly why: string;
}

/** Trials without a gain that counts as a plateau. */
const patience = 8;

/** The most often that a budget is enlarged. */
const mostEnlargements = 2;

/**
 * The rule of `task.next`. `go-on` freezes and evaluates what there is; `more-budget` searches longer; `reduce-less`
 * searches on more rows; `counter-offer` ends the search with what was reached, below what was asked; `stop` ends without a model.
 */
export function nextStep(facts: NextFacts): NextStep {
  const score = facts.best[facts.best.length - 1];
  if (score === undefined)
    return facts.budgetLeft > 0
      ? { move: 'more-budget', why: 'No trial has finished yet.' }
      : { move: 'stop', why: 'The budget ended before any trial did.' };
  const gain = isGreaterBetter(facts.metric) ? score - facts.baseline : facts.baseline - score;
  const reached = facts.threshold === undefined || meets(facts.metric, facts.threshold, score);
  const flat = isPlateau(facts);
  const spent = facts.budgetLeft <= 0.02;
  const isReduced = facts.rowsUsed < facts.rowsThere;
  if (gain <= facts.standardError && (flat || spent)) {
    if (isReduced && !spent)
      return {
        move: 'reduce-less',
        why: 'Nothing beats the baseline on the rows searched so far, and there are more rows.',
      };
    return { move: 'stop', why: 'No model beats the baseline by more than chance.' };
  }
  if (reached && facts.limitsKept) {
    if (facts.threshold !== undefined) return { move: 'go-on', why: 'What was asked is reached on validation data.' };
    if (flat || spent) return { move: 'go-on', why: flat ? 'Further trials bring no gain.' : 'The budget is used up.' };
    return { move: 'more-budget', why: 'No threshold was set, trials still bring gains, and budget is left.' };
  }
  if (!spent && !flat)
    return { move: 'more-budget', why: 'What was asked is not reached, trials still bring gains, and budget is left.' };
  if (isReduced && !spent)
    return { move: 'reduce-less', why: 'The search is on a plateau, and there are rows that it has not seen.' };
  if (spent && !flat && facts.canEnlarge && facts.enlarged < mostEnlargements)
    return {
      move: 'more-budget',
      why: 'What was asked is not reached, trials still bring gains, and the ceiling allows more.',
    };
  return {
    move: 'counter-offer',
    why: flat
      ? 'The search is on a plateau below what was asked.'
      : 'The budget is used up before what was asked is reached.',
  };
}

/** No gain of more than a tenth of the standard error over the last trials. */
function isPlateau({ best, metric, standardError }: NextFacts): boolean {
  if (best.length <= patience) return false;
  const [before, now] = [best[best.length - 1 - patience]!, best[best.length - 1]!];
  return (isGreaterBetter(metric) ? now - before : before - now) <= standardError / 10;
}
