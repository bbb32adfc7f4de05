/**
 * The spellings that mean "no value", after white space at both ends is taken off; case counts, because `Na` is sodium.
 * The host adds more with the `missing` option.
 */
export const missingSpellings: readonly string[] = [
  '',
  'NA',
  'na',
  'N/A',
  'n/a',
  'N.A.',
  'n.a.',
  '<NA>',
  '#N/A',
  '#NA',
  '#NULL!',
  'NaN',
  'nan',
  'NAN',
  '-nan',
  '-NaN',
  'null',
  'NULL',
  'Null',
  'None',
  'none',
  'NONE',
  'nil',
  'undefined',
  'missing',
  'Missing',
  'MISSING',
  '?',
  '-',
  '--',
  '---',
  '.',
  '..',
  '\\N',
];

const builtIn: ReadonlySet<string> = new Set(missingSpellings);
const longest = missingSpellings.reduce((most, spelling) => Math.max(most, spelling.length), 0);

/** Whether a text, already trimmed, stands for a missing value. */
export function isMissing(trimmed: string, extra?: readonly string[]): boolean {
  if (trimmed.length <= longest && builtIn.has(trimmed)) return true;
  return extra?.includes(trimmed) ?? false;
}
