import type { Mention, NamedColumn } from './mention.ts';
import { overlaps, type Reading } from './reading.ts';

/** Signs of a name that is looked for. */
const longest = 20;

/** Mentions of a column whose name has neither letters nor digits, as an emoji: by its very signs. */
export function bySigns(reading: Reading, { name }: NamedColumn): Mention[] {
  const signs = [...name.replaceAll(/\s|\uFE0F/gu, '')];
  if (signs.length === 0 || signs.length > longest || /[\p{L}\p{N}]/u.test(name)) return [];
  // How an emoji is to be drawn may be said, or left out.
  const spelt = signs.map((sign) => `${sign.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')}\\uFE0F?`).join('\\s*');
  // "%" and "#" stand in requests that speak of no such column: they have to be quoted.
  const isUsual = /^[\p{P}\p{Sc}\p{Sm}\p{Sk}]+$/u.test(signs.join(''));
  const pattern = new RegExp(isUsual ? `(?<=["'\`“‘«])${spelt}(?=["'\`”’»])` : spelt, 'gu');
  const mentions: Mention[] = [];
  for (const { index, 0: found } of reading.prompt.matchAll(pattern)) {
    const inside = reading.tokens.flatMap(({ start, end }, at) =>
      start < index + found.length && end > index ? [at] : [],
    );
    if (inside.length === 0) continue;
    const span = { from: inside[0]!, to: inside.at(-1)! + 1 };
    if (!mentions.some((other) => overlaps(other, span)))
      mentions.push({ ...span, column: name, quality: 1, by: 'name', isHead: true });
  }
  return mentions;
}
