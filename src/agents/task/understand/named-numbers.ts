import { condense } from './condense.ts';
import { findQuantities, millisecondsIn, type Quantity, tidy } from './quantities.ts';
import { readPrompt } from './reading.ts';

/** Numbers that are told. */
const most = 10;
const largest = 1e12;
/** "1/2" and "½", and no date. */
const fraction = /(?<![\p{L}\p{N}./⁄])(\d{1,3}) ?[/⁄] ?(\d{1,3})(?![\p{N}/.⁄])/gu;

/**
 * Numbers that a text names as digits or words, at most ten, in their order: percentages, "9 out of 10" and fractions as shares,
 * times in the unit that is said. A bound from 1 to 100 without a unit may be meant as a percentage, so it comes as both.
 */
export function namedNumbers(text: string): readonly number[] {
  const plain = text
    .replace(/[¼½¾⅓⅔⅛⅜⅝⅞]/gu, (sign) => ` ${sign.normalize('NFKC')}`)
    .replace(fraction, (found, part: string, whole: string) =>
      Number(whole) > 0 && Number(part) <= Number(whole) ? String(tidy(Number(part) / Number(whole))) : found,
    );
  const none: ReadonlySet<string> = new Set();
  const values = findQuantities(readPrompt(condense(plain, none).text, none)).flatMap(readings);
  return [...new Set(values)].filter((value) => Math.abs(value) <= largest).slice(0, most);
}

function readings({ value, unit, unitWord, bound }: Quantity): readonly number[] {
  if (unit === 'bytes') return [];
  if (unit === 'time') return [tidy(value / millisecondsIn(unitWord)!)];
  const isPerhapsPercent = unit === 'none' && bound !== 'none' && value > 1 && value <= 100;
  return isPerhapsPercent ? [value, tidy(value / 100)] : [value];
}
