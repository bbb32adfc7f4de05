import { commonWords, cueWords, spellings } from './vocabulary.ts';
import { editDistance, splitName } from './words.ts';

/** A word, number or sign of the prompt. */
export interface Token {
  /** As the user wrote it. */
  readonly text: string;
  /** Lower case, spelling corrected. */
  readonly word: string;
  readonly kind: 'word' | 'number' | 'sign';
  /** Offsets in the prompt. */
  readonly start: number;
  readonly end: number;
  /** Offset of `word` in `Reading.text`. */
  readonly at: number;
  /** Counts sentences (ended by . ? ! ; or a new line) and clauses (also ended by a comma). */
  readonly sentence: number;
  readonly clause: number;
}

/** Tokens `from` (included) to `to` (excluded). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The prompt, cut into tokens, with a corrected lower-case text that patterns are run on. */
export interface Reading {
  readonly prompt: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

const pattern =
  /w\/o?(?=\s)|\d+(?:[.,]\d+)*|\.\d+|\p{L}[\p{L}\p{M}\p{N}_]*(?:['’]\p{L}+)?|_[\p{L}\p{N}_]+|>=|<=|=>|=<|==|\+\/-|[^\s]/gu;

/** "Pay the loan back" is to repay it, and speaks of no pay. */
const back =
  /^\s+(?:(?:the|a|their|his|her|its|my|our|it|us|them|me|loans?|debts?|money|credits?)\s+){0,3}back(?!\p{L})/iu;

/** Cuts a prompt into tokens and corrects the spelling of words that are close to a cue or to a word of the data. */
export function readPrompt(prompt: string, dataWords: ReadonlySet<string>): Reading {
  const tokens: Token[] = [];
  let text = '';
  let end = 0;
  let sentence = 0;
  let clause = 0;
  for (const match of prompt.matchAll(pattern)) {
    const start = match.index;
    const gap = prompt.slice(end, start);
    if (/\n/u.test(gap)) [sentence, clause] = [sentence + 1, clause + 1];
    const raw = match[0];
    const kind = /^[.\d]*\d/u.test(raw) ? 'number' : /^[\p{L}_]/u.test(raw) ? 'word' : 'sign';
    const plain = kind === 'word' ? correct(raw, dataWords) : raw.normalize('NFKC').toLowerCase();
    const word =
      /^pa(?:y|ys|id|ying)$/u.test(plain) && back.test(prompt.slice(start + raw.length)) ? `re${plain}` : plain;
    text += gap.length > 0 ? ' ' : '';
    tokens.push({ text: raw, word, kind, start, end: start + raw.length, at: text.length, sentence, clause });
    text += word;
    end = start + raw.length;
    const next = prompt[end];
    // "Max. 10 minutes" is one sentence.
    const isShort =
      raw === '.' &&
      /(?:^|\s)(?:max|min|approx|ca|incl|excl|vs|e\.g|i\.e|no)\.\s+[\d\p{Ll}]/iu.test(
        prompt.slice(Math.max(0, end - 8), end + 3),
      );
    const stops = next === undefined || /[\s"'”’)]/u.test(next);
    if (kind === 'sign' && ((/^[.?!…]$/u.test(raw) && stops && !isShort) || raw === ';'))
      [sentence, clause] = [sentence + 1, clause + 1];
    else if (kind === 'sign' && /^[,:()–—]$/u.test(raw)) clause += 1;
  }
  return { prompt, text, tokens };
}

function correct(raw: string, dataWords: ReadonlySet<string>): string {
  const word = raw.normalize('NFKC').toLowerCase().replace('’', "'");
  const fixed = spellings.get(word);
  if (fixed !== undefined && !dataWords.has(word)) return fixed;
  if (word.length < 5 || !/^\p{L}+$/u.test(word) || dataWords.has(word) || cueWords.has(word) || commonWords.has(word))
    return word;
  const limit = word.length >= 9 ? 2 : 1;
  let best = word;
  let bestDistance = limit + 1;
  for (const words of [cueWords, dataWords]) {
    for (const candidate of words) {
      if (candidate.length < 5 || candidate[0] !== word[0]) continue;
      if (isInflected(candidate, word) || isInflected(word, candidate)) continue;
      const distance = editDistance(word, candidate, Math.min(limit, bestDistance));
      if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
    }
  }
  return best;
}

function isInflected(long: string, short: string): boolean {
  return long.startsWith(short) && /^(?:s|es|d|ed|r|er|ing|ly|y|n|en)$/u.test(long.slice(short.length));
}

/** Spans of a pattern in the corrected text. The pattern must have the flags `g` and `u`. */
export function findAll(reading: Reading, expression: RegExp): (Span & { readonly match: RegExpMatchArray })[] {
  const spans: (Span & { readonly match: RegExpMatchArray })[] = [];
  for (const match of reading.text.matchAll(expression)) {
    const span = toSpan(reading, match.index, match.index + match[0].length);
    if (span !== undefined) spans.push({ ...span, match });
  }
  return spans;
}

/** The tokens that touch the characters `start` to `end` of the corrected text. */
export function toSpan(reading: Reading, start: number, end: number): Span | undefined {
  let from = -1;
  let to = -1;
  reading.tokens.forEach((token, index) => {
    if (token.at < end && token.at + token.word.length > start) {
      if (from < 0) from = index;
      to = index + 1;
    }
  });
  return from < 0 ? undefined : { from, to };
}

/** The user's own words of a span. */
export function quoteOf(reading: Reading, span: Span): string {
  return reading.prompt.slice(reading.tokens[span.from]!.start, reading.tokens[span.to - 1]!.end);
}

/** Whether two spans share a token. */
export function overlaps(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to;
}

/** The lower-case words of a token, split as column names are. */
export function tokenWords(token: Token): string[] {
  return token.kind === 'sign'
    ? []
    : token.text.toLowerCase() === token.word
      ? splitName(token.text)
      : splitName(token.word);
}
