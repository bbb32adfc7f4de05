import { type Prompt, told } from '../../../core/prompt.ts';
import type { DecisionSubject } from '../decide.ts';

/** Rows below which a class is not told apart from others. */
const leastRows = 10;

/** Shares of classes by falling share, those of few rows as one. */
function classSharesOf({ classShares, rowCount = 0 }: DecisionSubject): readonly number[] {
  const shares = [...classShares].sort((a, b) => b - a);
  let rest = 0;
  while (shares.length > 0 && (shares.at(-1)! * rowCount < leastRows || (rest > 0 && rest * rowCount < leastRows)))
    rest += shares.pop()!;
  return [...shares, ...(rest > 0 ? [rest] : [])].map((share) => Number(share.toPrecision(3)));
}

/** What a language model is told of how probabilities may become labels. */
export const decisionPrompt: Prompt<DecisionSubject> = {
  about:
    'How probabilities become labels: by the rule that serves the metric that was asked, or always the most probable class.',
  facts: [
    told('metric', { isNeeded: true }),
    told('threshold'),
    { name: 'classes', value: ({ classShares }) => classShares.length },
    // Shares of classes are a statistic of the target's values; their number is not.
    { name: 'classShares', level: 'aggregates', value: classSharesOf },
  ],
};
