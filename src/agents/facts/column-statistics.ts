import type { Json } from '../../core/helpers/canonical-json.ts';
import { mergeSmallCounts } from '../../core/privacy.ts';
import type { ColumnProfile } from '../../tools/data/profile/profile.ts';

/** Rows below which a statistic would tell of single ones. */
const leastRows = 10;
/** Values of a column that are told with their counts. */
const mostValues = 10;

/**
 * Statistics of a column that no row can be told from, for facts of the level `aggregates`: shares, counts by value with those
 * below 10 merged, mean and deviation, quartiles where each quarter has 10 rows; numbers to three digits, never the extremes.
 */
export function columnStatistics(column: ColumnProfile, rowCount: number): Readonly<Record<string, Json>> {
  const there = rowCount - column.missing;
  const facts: Record<string, Json> = {
    column: column.name,
    missingShare: rounded(column.missing / Math.max(1, rowCount)),
  };
  if (there < leastRows) return facts;
  const { numeric, top, text, kind } = column;
  if (numeric !== undefined && kind === 'number') {
    facts.mean = rounded(numeric.mean);
    facts.deviation = rounded(numeric.deviation);
    if (there >= 4 * leastRows) facts.quartiles = numeric.quantiles.slice(2, 5).map(rounded);
  }
  if (top !== undefined && (kind !== 'number' || column.distinct <= mostValues)) facts.counts = valueCounts(top, there);
  if (text !== undefined) facts.text = { meanLength: rounded(text.meanLength), meanWords: rounded(text.meanWords) };
  return facts;
}

function valueCounts(top: NonNullable<ColumnProfile['top']>, there: number): Json {
  const told = top.slice(0, mostValues);
  const rest = there - told.reduce((sum, { count }) => sum + count, 0);
  const counts = new Map(told.map(({ value, count }) => [value, count]));
  if (rest > 0) counts.set('other', (counts.get('other') ?? 0) + rest);
  return mergeSmallCounts(Object.fromEntries(counts)) as Json;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
