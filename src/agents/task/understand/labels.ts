import type { ColumnProfile } from '../../../tools/data/profile/profile.ts';
import type { Atom, Mention, NamedColumn } from './mention.ts';
import type { Reading } from './reading.ts';
import { letterWords } from './vocabulary.ts';
import { sameRoot, splitName } from './words.ts';

/** Labels of a class-like column of at most 30 classes. */
export function labelsOf(profile: ColumnProfile): readonly string[] {
  if (profile.kind !== 'category' && profile.kind !== 'boolean') return [];
  const top = profile.top ?? [];
  return top.length > 30 ? [] : top.map((entry) => entry.value);
}

/** A class named in the prompt speaks of its column. */
export function byLabel(reading: Reading, atoms: readonly Atom[], column: NamedColumn): Mention[] {
  const mentions: Mention[] = [];
  for (const label of labelsOf(column.profile)) {
    const spoken =
      column.profile.distinct > 3 ? [] : (letterWords.find(([letter]) => letter === label.toUpperCase())?.[1] ?? []);
    for (const atom of atoms) {
      if (!spoken.includes(atom.word) || atom.word.length < 4) continue;
      mentions.push({
        from: atom.token,
        to: atom.token + 1,
        column: column.name,
        quality: 0.6,
        by: 'value',
        isHead: true,
        value: label,
      });
    }
    const words = splitName(label);
    const short = words.length === 1 && /^\p{L}{3,5}$/u.test(label) ? label.toLowerCase() : undefined;
    for (let from = 0; from < atoms.length; from += 1) {
      // "Chronic kidney disease" for ckd, "drops out" for dropout.
      const initials =
        short !== undefined &&
        atoms
          .slice(from, from + short.length)
          .map((atom) => atom.word[0])
          .join('') === short;
      const pair =
        from + 1 < atoms.length &&
        words.length === 1 &&
        words[0]!.length >= 5 &&
        `${atoms[from]!.word.replace(/s$/u, '')}${atoms[from + 1]!.word}` === words[0];
      if (!initials && !pair) continue;
      const last = atoms[from + (initials ? short!.length : 2) - 1]!;
      mentions.push({
        from: atoms[from]!.token,
        to: last.token + 1,
        column: column.name,
        quality: 0.65,
        by: 'value',
        isHead: true,
        value: label,
      });
    }
    const isWordy =
      words.join('').length >= 3 &&
      !/^(?:yes|no|true|false|none|other|others|high|low|medium|the|and|for|new|all|any|not|one|two|male|female)$/u.test(
        words.join(' '),
      );
    for (let from = 0; from + words.length <= atoms.length; from += 1) {
      if (
        words.length === 0 ||
        !words.every((word, index) => isLabelWord(atoms[from + index]!.word, word, index === words.length - 1))
      )
        continue;
      const span = { from: atoms[from]!.token, to: atoms[from + words.length - 1]!.token + 1 };
      const isExact = reading.tokens[span.from]!.text === label;
      if (
        !isWordy &&
        !(isExact && label.length === 1 && /\p{Lu}/u.test(label) && label !== 'I' && label !== 'A') &&
        !/^(?:male|female)$/u.test(words.join(' '))
      )
        continue;
      mentions.push({
        ...span,
        column: column.name,
        quality: isWordy ? 0.7 : 0.4,
        by: 'value',
        isHead: true,
        value: label,
      });
    }
  }
  return mentions;
}

function isLabelWord(said: string, word: string, isLast: boolean): boolean {
  return said === word || (isLast && word.length >= 4 && said.length >= 4 && sameRoot(said, word));
}

/** "How many minutes": the unit of a column speaks of it, weakly. */
export function byUnit(atoms: readonly Atom[], column: NamedColumn): Mention[] {
  const mentions: Mention[] = [];
  for (const atom of atoms) {
    if (atom.word.length < 3) continue;
    if (
      column.units.some(
        (unit) =>
          unit === atom.word ||
          unitNames.get(unit)?.some((word) => word === atom.word || word === atom.word.replace(/s$/u, '')),
      )
    ) {
      mentions.push({
        from: atom.token,
        to: atom.token + 1,
        column: column.name,
        quality: 0.3,
        by: 'unit',
        isHead: false,
      });
    }
  }
  return mentions;
}

const unitNames = new Map<string, readonly string[]>([
  ['eur', ['euro']],
  ['usd', ['dollar']],
  ['gbp', ['pound']],
  ['kg', ['kilogram']],
  ['g', ['gram']],
  ['lbs', ['pound']],
  ['lb', ['pound']],
  ['mm', ['millimetre', 'millimeter']],
  ['cm', ['centimetre', 'centimeter']],
  ['km', ['kilometre', 'kilometer']],
  ['min', ['minute']],
  ['mins', ['minute']],
  ['minutes', ['minute']],
  ['h', ['hour']],
  ['hrs', ['hour']],
  ['hr', ['hour']],
  ['s', ['second']],
  ['sec', ['second']],
  ['days', ['day']],
  ['years', ['year']],
  ['yrs', ['year']],
  ['t', ['ton', 'tonne']],
  ['tons', ['ton', 'tonne']],
  ['ha', ['hectare']],
  ['kw', ['kilowatt', 'power']],
  ['w', ['watt', 'power']],
  ['mwh', ['energy', 'electricity', 'power']],
  ['m', ['metre', 'meter']],
  ['c', ['celsius', 'temperature']],
  ['degc', ['celsius', 'temperature']],
  ['sqft', ['feet']],
  ['mph', ['mile', 'speed']],
  ['kmh', ['speed']],
  ['rpm', ['revolution']],
  ['kwh', ['energy', 'electricity', 'power']],
  ['l', ['litre', 'liter']],
]);
