import type { Mention, NamedColumn } from './mention.ts';
import type { Parts } from './parts.ts';
import { overlaps, type Reading } from './reading.ts';
import type { Candidate } from './target.ts';
import { findHorizon } from './unsupported.ts';

/** From here on a mention is taken for the column's name and no longer for a hint. */
const clearQuality = 0.8;
/** How far a hint must be ahead of the next column. */
const hintMargin = 12;

/**
 * Whether the words are too weak to train on the column that they fit best: a hint that another column follows closely, or
 * a question for yes or no of a column without, where `sure`, the column that the data were made for, has one.
 */
export function isDoubtful(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
  candidates: readonly Candidate[],
  sure: string | undefined,
): boolean {
  const [first, second] = candidates;
  if (first?.span === undefined || first.explicit || sure === first.column) return false;
  const { span, column } = first;
  // What lies ahead is refused, with better words than a question.
  if (findHorizon(reading).span !== undefined) return false;
  const own = mentions.filter((mention) => mention.column === column && overlaps(mention, span));
  const isHint = Math.max(...own.map((mention) => mention.quality)) < clearQuality;
  if (isHint && second !== undefined && first.score - second.score < hintMargin) return true;
  const { yesNo, number, classes } = parts.cues;
  if (yesNo === undefined || number !== undefined || classes !== undefined) return false;
  // "What rock is it" and "how rough will it be" are no questions for yes or no; a limit is refused with better words.
  const before = reading.tokens.slice(Math.max(0, yesNo.from - 2), yesNo.from).map((token) => token.word);
  if (before.some((word) => /^(?:what|how|when|where|which)$/u.test(word))) return false;
  if (parts.rest.some((quantity) => quantity.bound === 'min' || quantity.bound === 'max')) return false;
  const distinct = new Map(columns.map(({ name, profile }) => [name, profile.distinct]));
  const kind = columns.find(({ name }) => name === column)?.profile.kind;
  // "Will a department grow": the subject of the question is not what is asked of it.
  if (
    kind === 'category' &&
    distinct.get(column) !== 2 &&
    span.from === yesNo.to &&
    /^(?:will|would|does|did|should)$/u.test(reading.tokens[yesNo.from]!.word)
  )
    return true;
  if (sure === undefined || distinct.get(sure) !== 2 || distinct.get(column) === 2) return false;
  // "Which visitors" are who is asked about; "which carrier" is what is asked for.
  const isMany = overlaps(yesNo, span) && /[^su]s$/u.test(reading.tokens[span.to - 1]!.word);
  return isHint || (isMany && reading.tokens[yesNo.from]!.word === 'which');
}
