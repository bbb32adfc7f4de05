/** Pairs of spellings that make a column boolean, false first; compared without case. 0 and 1 stay numbers. */
export const booleanPairs: readonly (readonly [string, string])[] = [
  ['false', 'true'],
  ['no', 'yes'],
  ['n', 'y'],
  ['f', 't'],
  ['nein', 'ja'],
];

/** Reads a trimmed text as 0 or 1 by a column's spellings of false and true; NaN where it is neither. */
export function parseBoolean(text: string, labels: readonly [string, string]): number {
  const lower = text.toLowerCase();
  if (lower === labels[0].toLowerCase()) return 0;
  return lower === labels[1].toLowerCase() ? 1 : Number.NaN;
}
