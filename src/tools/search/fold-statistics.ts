/** Mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Standard error of the mean of paired differences of cross-validation scores, corrected for the overlap of the folds'
 * learning rows (Nadeau and Bengio, "Inference for the Generalization Error", 2003).
 */
export function standardError(differences: readonly number[], folds: number): number {
  const count = differences.length;
  if (count < 2) return 0;
  const centre = mean(differences);
  const variance = differences.reduce((sum, value) => sum + (value - centre) * (value - centre), 0) / (count - 1);
  return Math.sqrt(variance * (1 / count + 1 / Math.max(1, folds - 1)));
}
