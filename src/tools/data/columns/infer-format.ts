import type { ColumnFormat, DateOrder, DecimalSign } from './column-format.ts';
import { booleanPairs } from './parse-boolean.ts';
import { parseDatetime } from './parse-datetime.ts';
import { isZeroCode, parseNumberText } from './parse-number.ts';
import type { Texts } from './texts.ts';

/** Share of a column's values that may fail to parse before its kind is given up; they become missing, and are counted. */
export const unparsedShare = 0.005;
/** Greatest number of distinct values of a category column. */
export const maxCategories = 10_000;
/** Greatest length of a category in UTF-16 code units. */
export const maxCategoryLength = 128;

/** What was decided of a column, and what a reader should know of the decision. */
export interface InferredFormat {
  readonly format: ColumnFormat;
  readonly notes: readonly string[];
}

/**
 * Decides the kind and format of a column from all of its values: number, then boolean, then datetime where at least
 * 99.5 % of the values that are not missing parse; else category where values repeat enough; else text.
 *
 * It sees each value with its count and no order, so it can't depend on how the reading was divided.
 */
export function inferFormat(texts: Texts): InferredFormat {
  if (texts.total === 0) return { format: { kind: 'category' }, notes: ['every value is missing'] };
  return inferNumber(texts) ?? inferBoolean(texts) ?? inferDatetime(texts) ?? inferStrings(texts);
}

interface NumberScore {
  readonly parsed: number;
  readonly unit: string;
}

function scoreNumber(texts: Texts, decimal: DecimalSign, allowed: number): NumberScore | undefined {
  const units = new Map<string, number>();
  let failed = 0;
  let zeroCodes = 0;
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  texts.each((text, count) => {
    const parsed = parseNumberText(text, decimal);
    if (parsed === undefined) {
      failed += count;
      if (isZeroCode(text)) zeroCodes += count;
    } else units.set(parsed.unit, (units.get(parsed.unit) ?? 0) + count);
    shortest = Math.min(shortest, text.length);
    longest = Math.max(longest, text.length);
    return failed <= allowed && units.size <= 64;
  });
  // Codes of one width, some with leading zeros (postal codes), are names and not quantities.
  if (failed > allowed || units.size > 64 || (zeroCodes > 0 && shortest === longest)) return undefined;
  let unit = '';
  let parsed = 0;
  for (const [candidate, count] of units) {
    if (count > parsed || (count === parsed && candidate < unit)) [unit, parsed] = [candidate, count];
  }
  return texts.total - parsed > allowed ? undefined : { parsed, unit };
}

function inferNumber(texts: Texts): InferredFormat | undefined {
  const allowed = Math.floor(texts.total * unparsedShare);
  const point = scoreNumber(texts, '.', allowed);
  let commas = false;
  let points = false;
  if (point !== undefined) {
    texts.each((text) => {
      commas ||= text.includes(',');
      points ||= text.includes('.');
      return !commas;
    });
    if (!commas && point.parsed === texts.total && !points) return numberFormat('.', point.unit, []);
  }
  const comma = scoreNumber(texts, ',', allowed);
  if (point === undefined && comma === undefined) return undefined;
  if (comma === undefined || (point !== undefined && point.parsed > comma.parsed)) {
    return numberFormat('.', point!.unit, []);
  }
  if (point === undefined || comma.parsed > point.parsed) return numberFormat(',', comma.unit, []);
  const sign = commas ? 'a comma is read as a thousands separator' : 'a point is read as the decimal sign';
  return numberFormat('.', point.unit, [`the decimal sign is not certain: ${sign}`]);
}

function numberFormat(decimal: DecimalSign, unit: string, notes: readonly string[]): InferredFormat {
  return { format: { kind: 'number', decimal, ...(unit === '' ? {} : { unit }) }, notes };
}

function inferBoolean(texts: Texts): InferredFormat | undefined {
  const allowed = Math.floor(texts.total * unparsedShare);
  for (const [index, pair] of booleanPairs.entries()) {
    const spellings = [new Map<string, number>(), new Map<string, number>()] as const;
    let failed = 0;
    texts.each((text, count) => {
      const lower = text.length <= 5 ? text.toLowerCase() : text;
      const side = lower === pair[0] ? spellings[0] : lower === pair[1] ? spellings[1] : undefined;
      if (side === undefined) failed += count;
      else side.set(text, (side.get(text) ?? 0) + count);
      return failed <= allowed;
    });
    if (failed > allowed) continue;
    // One letter alone in a whole column is more likely a code than half of a pair.
    if (index > 1 && (spellings[0].size === 0 || spellings[1].size === 0)) continue;
    const no = commonest(spellings[0]);
    const yes = commonest(spellings[1]);
    return {
      format: { kind: 'boolean', labels: [no ?? likeCase(pair[0], yes!), yes ?? likeCase(pair[1], no!)] },
      notes: [],
    };
  }
  return undefined;
}

function commonest(spellings: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const [spelling, count] of spellings) {
    if (count > most || (count === most && spelling < best!)) [best, most] = [spelling, count];
  }
  return best;
}

function likeCase(word: string, model: string): string {
  if (model === model.toLowerCase()) return word;
  return model === model.toUpperCase() ? word.toUpperCase() : word[0]!.toUpperCase() + word.slice(1);
}

function inferDatetime(texts: Texts): InferredFormat | undefined {
  const allowed = Math.floor(texts.total * unparsedShare);
  const score = (parses: (text: string) => boolean): number | undefined => {
    let parsed = 0;
    let failed = 0;
    texts.each((text, count) => {
      if (parses(text)) parsed += count;
      else failed += count;
      return failed <= allowed;
    });
    return failed > allowed ? undefined : parsed;
  };
  const inOrder = (order: DateOrder) => (text: string) => !Number.isNaN(parseDatetime(text, order));
  const iso = score(inOrder('ymd'));
  if (iso === texts.total) return { format: { kind: 'datetime', order: 'ymd' }, notes: [] };
  const dayFirst = score(inOrder('dmy'));
  const monthFirst = score(inOrder('mdy'));
  if (dayFirst === undefined && monthFirst === undefined) {
    if (iso !== undefined) return { format: { kind: 'datetime', order: 'ymd' }, notes: [] };
    const either = score((text) => inOrder('dmy')(text) || inOrder('mdy')(text));
    if (either === undefined) return undefined;
    const strings = inferStrings(texts);
    const note = 'dates with the day first and with the month first are mixed, so they are not read as dates';
    return { ...strings, notes: [...strings.notes, note] };
  }
  if ((dayFirst ?? -1) > (monthFirst ?? -1)) return { format: { kind: 'datetime', order: 'dmy' }, notes: [] };
  if ((monthFirst ?? -1) > (dayFirst ?? -1)) return { format: { kind: 'datetime', order: 'mdy' }, notes: [] };
  if (iso === dayFirst) return { format: { kind: 'datetime', order: 'ymd' }, notes: [] };
  let points = false;
  texts.each((text) => {
    points ||= /^\d{1,2}\./.test(text);
    return !points;
  });
  const order = points ? 'dmy' : 'mdy';
  const note = `no date tells whether the day or the month is first: the ${points ? 'day' : 'month'} is taken as first`;
  return { format: { kind: 'datetime', order }, notes: [note] };
}

function inferStrings(texts: Texts): InferredFormat {
  const half = texts.total / 2;
  const limit = Math.min(maxCategories, Math.max(20, Math.min(half, Math.max(50, texts.total / 5))));
  const distinct = new Set<string>();
  let tooLong = false;
  texts.each((text) => {
    distinct.add(text);
    tooLong ||= text.length > maxCategoryLength;
    return !tooLong && distinct.size <= limit;
  });
  return { format: { kind: tooLong || distinct.size > limit ? 'text' : 'category' }, notes: [] };
}
