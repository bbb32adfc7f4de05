import type { Prediction } from './metric.ts';

/** The mean prediction over rows: of the positive class, of every class, or the value. */
export function meanPrediction({ classCount, probabilities, values }: Prediction): readonly number[] {
  const data = values ?? probabilities!;
  const width = classCount > 2 ? classCount : 1;
  const sums = new Array<number>(width).fill(0);
  for (let i = 0; i < data.length; i++) sums[i % width]! += data[i]!;
  return sums.map((sum) => sum / (data.length / width));
}

/** Points at which a number is held: quantiles that follow the data, so that no point stands where no row does. Rising, distinct. */
export function quantileGrid(quantilesAt: (levels: readonly number[]) => readonly number[], points: number): number[] {
  const levels = Array.from({ length: points }, (_, i) => 0.01 + (0.98 * i) / (points - 1));
  return [...new Set(quantilesAt(levels))].sort((a, b) => a - b);
}
