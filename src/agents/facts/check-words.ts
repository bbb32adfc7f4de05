import type { Checked } from '../data/check.ts';

type Result = Checked['results'][number];

const percent = (value: unknown): string => (typeof value === 'number' ? `${(100 * value).toPrecision(3)} %` : 'some');
const count = (value: unknown): string => (typeof value === 'number' ? String(value) : 'some');

const words: Readonly<Record<string, (result: Result) => string>> = {
  TARGET_COPY: ({ column }) => `"${column}" holds the target itself.`,
  TARGET_RECODED: ({ column }) => `"${column}" is the target under another coding.`,
  TARGET_LEAK: ({ column }) =>
    `"${column}" alone predicts the target almost perfectly: make sure that it is known before the target is.`,
  MISSINGNESS_LEAK: ({ column }) =>
    `Whether "${column}" has a value tells the target: make sure that this is known before the target is.`,
  DUPLICATES_ACROSS_VAULT: ({ evidence }) =>
    `${count(evidence.rows)} rows of the vault equal rows to learn from in every input.`,
  CONFLICTING_LABELS: ({ evidence }) =>
    `${count(evidence.rows)} rows with equal inputs have different targets: no model can be right on all of them.`,
  IMBALANCE: ({ evidence }) => `The rarest class has ${percent(evidence.share ?? evidence.minorityShare)} of the rows.`,
  MANY_MISSING: ({ column, evidence }) => `"${column}" is missing in ${percent(evidence.share)} of the rows.`,
  CONSTANT_COLUMN: ({ column }) => `"${column}" has one value in the rows to learn from.`,
  PRECISION_LOST: ({ column, evidence }) =>
    `Of ${count(evidence.distinct)} different values of "${column}" ${count(evidence.left)} ${evidence.left === 1 ? 'is' : 'are'} left in numbers of 32 bits (about seven digits), which a model takes: subtract a constant from the column, here and where the model is used.`,
  TIME_DRIFT: ({ column }) =>
    `The target changes along "${column}": if later rows are to be predicted from earlier ones, say so in the request.`,
  TARGET_OUTLIERS: ({ evidence }) => `${count(evidence.rows)} values of the target lie far outside the others.`,
  ENTITY_REPEATS: ({ column }) =>
    `Rows of the same "${column}" repeat and share the target: if new ones are to be predicted, name it as the group in the request.`,
};

/** A finding of the data checks in plain words. */
export function checkWords(result: Result): string {
  return (
    words[result.code]?.(result) ?? `${result.code}${result.column === undefined ? '' : ` in "${result.column}"`}.`
  );
}
