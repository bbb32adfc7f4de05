import { cueWords } from './vocabulary.ts';
import { splitName } from './words.ts';

/** Characters up to which a prompt is read as it is. */
const short = 400;
/** Characters that are read of a longer one: reading takes time that grows faster than length, on the host's thread. */
const mostRead = 2400;
/** Words of a phrase whose repetition is noticed. */
const longestPhrase = 12;
/** Characters of a word; what is longer is read in pieces. */
const longestWord = 60;

/** What is read of a prompt, and how many characters are not. */
export interface Condensed {
  readonly text: string;
  readonly unread: number;
}

/**
 * A long prompt without what it says again, and where that is still too long, its sentences that speak of the data or of what
 * is wanted, in their order. Takes time that is linear in the length. A short prompt stays as it is.
 */
export function condense(prompt: string, dataWords: ReadonlySet<string>): Condensed {
  if (prompt.length <= short) return { text: prompt, unread: 0 };
  const sentences: { text: string; weight: number; at: number }[] = [];
  const seen = new Set<string>();
  for (const [at, sentence] of withoutRepeats(prompt)
    .split(/(?<=[.?!;]\s|\n)/u)
    .entries()) {
    const key = sentence.toLowerCase().trim();
    if (seen.has(key)) continue;
    seen.add(key);
    sentences.push({ text: sentence, weight: weightOf(sentence, dataWords), at });
  }
  let left = mostRead;
  const kept: typeof sentences = [];
  // Where not all fits, what speaks of the data first; among equals, what was said first.
  for (const sentence of [...sentences].sort((a, b) => b.weight - a.weight || a.at - b.at)) {
    if (left <= 0) break;
    kept.push({ ...sentence, text: sentence.text.slice(0, left) });
    left -= sentence.text.length;
  }
  const text = kept
    .sort((a, b) => a.at - b.at)
    .map((sentence) => sentence.text)
    .join('');
  return { text, unread: prompt.length - text.length };
}

function weightOf(sentence: string, dataWords: ReadonlySet<string>): number {
  const words = splitName(sentence.slice(0, mostRead));
  if (words.some((word) => dataWords.has(word))) return 2;
  return words.some((word) => cueWords.has(word) || /\d/.test(word)) ? 1 : 0;
}

/** A phrase that is said three times in a row is said twice. */
function withoutRepeats(prompt: string): string {
  const words: string[] = [];
  const keys: string[] = [];
  for (const [word] of prompt.matchAll(new RegExp(`\\S{1,${longestWord}}\\s*`, 'gu'))) {
    words.push(word);
    keys.push(word.trimEnd().toLowerCase());
    for (let period = 1; period <= longestPhrase && 3 * period <= keys.length; period++) {
      let same = 0;
      while (same < 2 * period && keys[keys.length - 1 - same] === keys[keys.length - 1 - same - period]) same++;
      if (same < 2 * period) continue;
      words.length -= period;
      keys.length -= period;
      break;
    }
  }
  return words.join('');
}
