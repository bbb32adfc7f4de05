import type { Ranked } from './search.ts';

/**
 * Orders candidates that the metric can't tell apart by their log loss. Metrics of labels jump with single rows: among
 * candidates within one standard error of the best (paired over the folds, corrected for shared learning rows; Nadeau and
 * Bengio, 2003), the leader by the metric is mostly the luckiest, and the one of least log loss the safest.
 *
 * @param ranking - by falling score; left as it is where there is no log loss
 */
export function settleTies(ranking: readonly Ranked[], folds: number): Ranked[] {
  const [best] = ranking;
  if (best?.logLoss === undefined) return [...ranking];
  const isTied = ({ learner, foldScores }: Ranked): boolean => {
    if (learner === 'baseline') return false;
    const differences = best.foldScores.map((score, fit) => score - foldScores[fit]!);
    const count = differences.length;
    const mean = differences.reduce((a, b) => a + b, 0) / count;
    const variance =
      differences.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / Math.max(1, count - 1);
    return mean <= Math.sqrt(variance * (1 / count + 1 / Math.max(1, folds - 1)));
  };
  const tied = ranking.filter(isTied).sort((a, b) => a.logLoss! - b.logLoss! || a.trial - b.trial);
  return [...tied, ...ranking.filter((candidate) => !isTied(candidate))];
}
