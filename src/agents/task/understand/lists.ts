import type { Mention } from './mention.ts';
import type { Reading, Span } from './reading.ts';

/** Columns that a list of the prompt names, with where it ends. */
export interface ColumnList extends Span {
  readonly mentions: readonly Mention[];
  /** Every item of the list is a column. */
  readonly isComplete: boolean;
}

const fillers =
  /^(?:the|a|an|any|all|its|their|his|her|our|my|this|that|these|those|of|column|columns|col|field|fields|feature|features|variable|variables|attribute|attributes|information|about|both|either|neither|nor|well|as|like|also|only|just|alone|input|inputs|named|called|two|three|four|first|last|on|by|use|using|i|someone's|person's|people's|customer's|applicant's|patient's|anything|related)$/u;
const separators = /^(?:,|and|or|&|nor|plus|\/|\+|;|as|well)$/u;
const quotes = /^["'`´“”‘’«»()[\]*:-]$/u;
const enders =
  /^(?:[.?!;]|to|classify|classifies|determine|detect|forecast|find|guess|model|models|with|within|at|under|below|only|so|because|since|but|for|in|it|they|we|i|must|should|please|is|are|has|will|which|that|when|as|predict|predicts|estimate|and|then|metric|using|from|who|whether|if|score|rows|train|weighted|together|alone|instead|into|while|by|on|against|over|per|of|accuracy|rmse|mae|auc|thanks)$/u;

/** The best mentions that begin at a token: all columns that fit (almost) equally well. */
export function mentionsAt(mentions: readonly Mention[], token: number): readonly Mention[] {
  const here = mentions.filter((mention) => mention.from === token && mention.by !== 'unit');
  const best = Math.max(0, ...here.map((mention) => mention.quality));
  return here.filter((mention) => mention.quality >= best - 0.05);
}

/** Reads "the a, b and c" from a token on. */
export function listAfter(reading: Reading, mentions: readonly Mention[], start: number): ColumnList {
  const found: Mention[] = [];
  let at = start;
  let end = start;
  let skipped = 0;
  let isComplete = false;
  while (at < reading.tokens.length) {
    const here = mentionsAt(mentions, at);
    if (here.length > 0) {
      found.push(...here);
      at = Math.max(...here.map((mention) => mention.to));
      end = at;
      skipped = 0;
      continue;
    }
    const token = reading.tokens[at]!;
    const isPast = at > start && reading.tokens[at - 1]!.sentence !== token.sentence;
    if (isPast) {
      isComplete = true;
      break;
    }
    if (separators.test(token.word) || fillers.test(token.word) || quotes.test(token.text)) {
      at += 1;
      continue;
    }
    const isNew = end > start && !reading.tokens.slice(end, at).some((between) => separators.test(between.word));
    if (isNew || enders.test(token.word)) {
      isComplete = isNew ? enders.test(token.word) || token.kind === 'sign' : true;
      break;
    }
    // One word that names no column may describe the next one ("the customer gender").
    if (skipped === 0 && mentionsAt(mentions, at + 1).length > 0) {
      skipped += 1;
      at += 1;
      continue;
    }
    // "a and b, tell …": the list had its last item before the comma.
    isComplete =
      reading.tokens[end]?.text === ',' &&
      at === end + 1 &&
      reading.tokens.slice(start, end).some(({ word }) => word === 'and');
    break;
  }
  if (at >= reading.tokens.length) isComplete = true;
  return { from: start, to: Math.max(end, start), mentions: found, isComplete: isComplete && found.length > 0 };
}

/** Reads "a, b and c" that ends before a token, backwards. */
export function listBefore(reading: Reading, mentions: readonly Mention[], end: number): ColumnList {
  const found: Mention[] = [];
  let at = end;
  let start = end;
  while (at > 0) {
    const ending = mentions.filter((mention) => mention.to === at && mention.by !== 'unit');
    if (ending.length > 0) {
      const best = Math.max(...ending.map((mention) => mention.quality));
      const here = ending.filter((mention) => mention.quality >= best - 0.05);
      found.unshift(...here);
      at = Math.min(...here.map((mention) => mention.from));
      start = at;
      continue;
    }
    const token = reading.tokens[at - 1]!;
    if (at < end && token.sentence !== reading.tokens[at]!.sentence) break;
    if (!(separators.test(token.word) || fillers.test(token.word) || quotes.test(token.text))) break;
    at -= 1;
  }
  // "fair to a, and b must not be used": a comma before the "and" of two is the border of two wishes.
  const [first, last] = [found[0], found[found.length - 1]];
  if (first !== undefined && last !== undefined && new Set(found.map((mention) => mention.from)).size === 2) {
    const between = reading.tokens
      .slice(first.to, last.from)
      .map((token) => token.word)
      .join(' ');
    if (between.startsWith(', and'))
      return {
        from: last.from,
        to: end,
        mentions: found.filter((mention) => mention.from === last.from),
        isComplete: true,
      };
  }
  return { from: start, to: end, mentions: found, isComplete: found.length > 0 };
}
