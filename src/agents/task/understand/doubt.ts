import type { Mention, NamedColumn } from './mention.ts';
import type { Parts } from './parts.ts';
import { overlaps, type Reading } from './reading.ts';
import type { Candidate } from './target.ts';
import { findHorizon } from './unsupported.ts';

/** From here on a mention is taken for the column's name and no longer for a hint. */
const clearQuality = 0.8;
/** How far a hint must be ahead of the next column. */
const hintMargin = 12;

/** "Which hotel guests never", "which age groups miss": many of a kind, and what they do. */
const crowd =
  /^which (?:[\p{L}_]+ ){0,2}[\p{L}_]+[^su\P{L}]s (?:never|will|won't|would|are|aren't|have|haven't|do|don't|may|might|can|can't|could|should|often|always|usually|rarely|still|miss|fail|leave|stay|buy|pay|come|go|need|want|like)(?![\p{L}])/u;

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
  const after = reading.text.slice(reading.tokens[span.from - 1]?.at ?? 0);
  const distinct = new Map(columns.map(({ name, profile }) => [name, profile.distinct]));
  if (crowd.test(after)) return true;
  if (yesNo === undefined || number !== undefined || classes !== undefined) return false;
  // "What rock is it" and "how rough will it be" are no questions for yes or no; a limit is refused with better words.
  const before = reading.tokens.slice(Math.max(0, yesNo.from - 2), yesNo.from).map((token) => token.word);
  if (before.some((word) => /^(?:what|how|when|where|which)$/u.test(word))) return false;
  if (parts.rest.some((quantity) => quantity.bound === 'min' || quantity.bound === 'max')) return false;
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

/**
 * What the words may have meant where no column is named as the target: a yes-or-no column that a hint has left aside, or
 * `true` where they compare something with a limit; false where the data may decide.
 */
export function lostWish(
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
): string | boolean {
  // "Keep junk out of the inbox" may speak of the outcome.
  for (const wish of [...parts.exclusions.wishes, parts.roles.group]) {
    if (wish === undefined || columns.find(({ name }) => name === wish.column)?.profile.distinct !== 2) continue;
    const own = mentions.filter((mention) => mention.column === wish.column && overlaps(mention, wish));
    if (!own.some((mention) => mention.by === 'name')) return wish.column;
  }
  // "Does it score above 12" compares something that no words of the data speak of.
  return parts.rest.some(
    ({ bound, unit, value }) =>
      (bound === 'min' || bound === 'max') && (unit === 'none' || unit === 'other') && value > 1,
  );
}
