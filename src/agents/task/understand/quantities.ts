import { findAll, type Reading, type Span } from './reading.ts';

/** A number in the prompt with what stands around it. The span covers comparator, number and unit. */
export interface Quantity extends Span {
  readonly value: number;
  /** `share`: a percentage or "9 out of 10", already divided. */
  readonly unit: 'none' | 'share' | 'time' | 'bytes' | 'other';
  /** For time: milliseconds in one unit; for bytes: bytes in one unit; the value is already multiplied. */
  readonly unitWord: string;
  readonly bound: 'min' | 'max' | 'within' | 'none';
}

const numberWords: Readonly<Record<string, number>> = {
  half: 0.5,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  hundred: 100,
  thousand: 1000,
};
const ones = Object.keys(numberWords).slice(1, 10).join('|');
const wordNumber = `(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:${ones}))?|(?:${ones}) and a half|${Object.keys(numberWords).join('|')})`;
const digits = String.raw`(?:\d{1,3}(?:[ ,]\d{3})+(?![\d])(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)`;

const timeUnits: readonly (readonly [RegExp, number])[] = [
  [/^(?:µs|μs|us|microseconds?)$/u, 0.001],
  [/^(?:ms|msec|msecs|millis|milliseconds?)$/u, 1],
  [/^(?:s|sec|secs|seconds?)$/u, 1000],
  [/^(?:min|mins|minutes?)$/u, 60_000],
  [/^(?:h|hrs?|hours?)$/u, 3_600_000],
];
const byteUnits: readonly (readonly [RegExp, number])[] = [
  [/^(?:b|bytes?)$/u, 1],
  [/^(?:kb|kbytes?|kilobytes?)$/u, 1000],
  [/^(?:mb|mbytes?|megabytes?|megs?)$/u, 1_000_000],
  [/^(?:gb|gbytes?|gigabytes?|gigs?)$/u, 1_000_000_000],
  [/^(?:kib|kibibytes?)$/u, 1024],
  [/^(?:mib|mebibytes?)$/u, 1_048_576],
  [/^(?:gib|gibibytes?)$/u, 1_073_741_824],
];
const otherUnits =
  'percentage points?|days?|weeks?|months?|quarters?|years?|points?|units?|stars?|cents?|pence|euros?|dollars?|pounds?|eur|usd|gbp|chf|kg|grams?|g|mg|cm|mm|km|m|hp|mpg|kwh|mwh|kw|degrees?|°c|°f|c|f|tons?|tonnes?|classes|kinds|categories|rows|columns|features|folds|trees|epochs|layers|stars|bikes|people|claims|sales|goals|litres?|liters?|miles|metres?|meters?|rings?|bpm|mmhg|k€|€|[$]|£';
const unitText = `(?:%|percentage points?|per ?cent|percent|µs|μs|us|ms|msecs?|millis|milliseconds?|microseconds?|secs?|seconds?|s|mins?|minutes?|h|hrs?|hours?|kib|mib|gib|kibibytes?|mebibytes?|gibibytes?|kb|mb|gb|kbytes?|mbytes?|gbytes?|kilobytes?|megabytes?|gigabytes?|megs?|gigs?|bytes?|b|${otherUnits})`;

const maxWords =
  "<=|=<|<|≤|at most|at the most|under|below|less than|lower than|fewer than|smaller than|faster than|quicker than|no more than|not more than|never more than|not exceed(?:ing)?|never exceed(?:ing)?|not to exceed|no(?:t)? (?:greater|longer|larger|bigger|higher|slower|worse) than|no larger than|up to|maximum(?: of)?|maximally|max(?: of)?|max\\.|not (?:above|over)|no higher than|stays? (?:below|under)|cap(?:ped)? at|a maximum of|limit(?:ed)? (?:of|to)|can't exceed|mustn't exceed";
const minWords =
  '>=|=>|>|≥|at least|at minimum|at the least|more than|over|above|better than|higher than|greater than|exceed(?:s|ing)?|beat(?:s|ing)?|no(?:t)? (?:less|lower|fewer|smaller) than|no worse than|not below|not under|minimum(?: of)?|min(?: of)?|min\\.|a minimum of|reach(?:es|ing)?(?: at least)?|north of|upwards of';
const withinWords = String.raw`to within|within(?: about| around)?|\+\/-|±|plus[ -]?(?:or[ -])?minus`;
const afterMax = 'or less|or fewer|or lower|or below|or smaller|or faster|max(?:imum)?|at most|tops|or under';
const afterMin = String.raw`or more|or better|or higher|or above|min(?:imum)?|at least|and above|and up|or greater|\+`;

const numberPart = String.raw`(?<currency>[$€£] ?)?(?:(?<wordShare>three quarters|two thirds|(?<!and a )half)(?= (?:of|the)|[.,;!?]|$| (?:may|might|can|should|must|could)\b)|(?<part>\d+|${wordNumber})(?: (?:false (?:alarms?|positives?|negatives?)|mistakes?|errors?|wrong \p{L}+|misse[sd](?: \p{L}+)?|times|cases))? (?:out of|in every|in|of every|of|per) (?<whole>10|20|50|100|1000|ten|twenty|fifty|hundred|a hundred|five|four|three|\d+)(?= |$|[.,;!?)])(?! (?:${unitText})\b)|(?<a>half an?|an?|a single|one) (?=(?:milliseconds?|seconds?|minutes?|hours?|megabytes?|gigabytes?|mb|gb|kilobytes?)\b(?!-\p{L}|(?<=second) (?:hand|chance|opinion|model|car|home|house|job|time|visit)(?![\p{L}])))|(?<number>${digits})|(?<word>${wordNumber})\b(?:[ ](?<article>an?|of an?))?)`;
/** What makes a number one below 0; elsewhere a dash only joins. */
const sign = String.raw`(?:[-−]|(?:minus|negative) )(?=[\d.])`;
const quantityPattern = new RegExp(
  String.raw`(?:(?<![\p{L}\p{N}_])|(?=[<>=≤≥]))(?:(?<bound>(?<max>${maxWords})|(?<within>${withinWords})|(?<min>${minWords}))(?:[ ]?(?:about|around|roughly|approximately|of|than|the|only|=|:))* ?(?<sign>${sign})?|(?<=(?:[:=(] ?|[\p{L}\p{N}] (?:of|is|be|to) ))(?<bareSign>${sign}))?${numberPart}(?: ?(?<thousands>k|million|mio|thousand|billion|m(?= ?(?:€|eur|usd|dollars|euros)))(?![\p{L}]))?(?:[ -]?(?<unit>${unitText})(?![\p{L}\p{N}_]))?(?:[ -]?(?<after>(?<afterMax>${afterMax})|(?<afterMin>${afterMin}))(?![\p{L}]))?`,
  'gu',
);

/** Every number of the prompt with comparator and unit. */
export function findQuantities(reading: Reading): readonly Quantity[] {
  const quantities: Quantity[] = [];
  for (const { match, ...span } of findAll(reading, quantityPattern)) {
    const part = match.groups as Readonly<Record<string, string | undefined>>;
    let value = readNumber(part);
    if (value === undefined) continue;
    if (part.sign !== undefined || part.bareSign !== undefined) value = -value;
    const isShareOf = part.part !== undefined || part.wordShare !== undefined;
    const unitWord = (part.unit ?? '').trim();
    if (
      part.number === undefined &&
      part.unit === undefined &&
      part.bound === undefined &&
      part.after === undefined &&
      !isShareOf
    )
      continue;
    if (part.thousands !== undefined)
      value *= part.thousands.startsWith('b')
        ? 1e9
        : part.thousands === 'k' || part.thousands === 'thousand'
          ? 1e3
          : 1e6;
    const before = match.index !== undefined ? reading.text.slice(Math.max(0, match.index - 24), match.index) : '';
    const negated = /(?:\bnot|n't|never|without) (?:be |take |get |go |exceed )?$/u.test(before);
    let bound: Quantity['bound'] =
      part.within !== undefined
        ? 'within'
        : part.max !== undefined || part.afterMax !== undefined
          ? 'max'
          : part.min !== undefined || part.afterMin !== undefined
            ? 'min'
            : 'none';
    if (negated && bound === 'min') bound = 'max';
    else if (negated && bound === 'max' && /^(?:under|below|less|lower|fewer|smaller|<)/u.test(part.max ?? ''))
      bound = 'min';
    quantities.push({ ...span, ...scale(value, unitWord, isShareOf), unitWord, bound });
  }
  return quantities;
}

function scale(value: number, unitWord: string, isShareOf: boolean): { value: number; unit: Quantity['unit'] } {
  if (isShareOf) return { value: tidy(value), unit: 'share' };
  if (/^(?:%|per ?cent|percent)$/u.test(unitWord)) return { value: tidy(value / 100), unit: 'share' };
  for (const [expression, factor] of timeUnits)
    if (expression.test(unitWord)) return { value: tidy(value * factor), unit: 'time' };
  for (const [expression, factor] of byteUnits)
    if (expression.test(unitWord)) return { value: Math.round(value * factor), unit: 'bytes' };
  return { value: tidy(value), unit: unitWord === '' ? 'none' : 'other' };
}

function readNumber(part: Readonly<Record<string, string | undefined>>): number | undefined {
  if (part.wordShare !== undefined)
    return part.wordShare === 'half' ? 0.5 : part.wordShare === 'two thirds' ? 2 / 3 : 0.75;
  if (part.part !== undefined && part.whole !== undefined) {
    const [some, all] = [readOne(part.part), readOne(part.whole.replace('a ', ''))];
    return some !== undefined && all !== undefined && all >= some && all > 0 ? some / all : some;
  }
  if (part.a !== undefined) return part.a.startsWith('half') ? 0.5 : 1;
  return readOne(part.number ?? part.word ?? '');
}

function readOne(text: string): number | undefined {
  if (/^[\d.]/u.test(text)) {
    const plain = /^\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?$/u.test(text)
      ? text.replaceAll(/[ ,]/gu, '')
      : text.replace(',', '.');
    const value = Number(plain);
    return Number.isFinite(value) ? value : undefined;
  }
  if (text.endsWith(' and a half')) return (readOne(text.slice(0, -11)) ?? 0) + 0.5;
  const words = text.split(/[ -]/u).map((word) => numberWords[word]);
  if (words.length === 0 || words.some((word) => word === undefined)) return undefined;
  return words.reduce<number>((sum, word) => sum + (word ?? 0), 0);
}

/** Milliseconds in a unit of time; undefined for any other unit. */
export function millisecondsIn(unit: string): number | undefined {
  return timeUnits.find(([expression]) => expression.test(unit))?.[1];
}

/** Takes away the dust of binary fractions: 0.05, not 0.05000000000000001. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
