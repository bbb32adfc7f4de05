import type { ColumnProfile } from '../../../tools/data/profile/profile.ts';
import { byCompound, byInitials } from './compounds.ts';
import { byLabel, byUnit, labelsOf } from './labels.ts';
import type { Atom, Mention, NamedColumn } from './mention.ts';
import { byOpposite } from './opposites.ts';
import { overlaps, type Reading, type Span, tokenWords } from './reading.ts';
import { bySigns } from './sign-names.ts';
import { synonymGroups } from './synonyms.ts';
import { abbreviations, unitWords, weakWords } from './vocabulary.ts';
import { sameRoot, splitName, squash } from './words.ts';

const groupOf = new Map<string, number[]>();
synonymGroups.forEach((group, index) => {
  for (const word of group) groupOf.set(word, [...(groupOf.get(word) ?? []), index]);
});

/** Words that say what is to be done; alone they never name a column by its root. */
const actions =
  /^(?:predict\w*|classif\w*|estimat\w*|model\w*|train\w*|forecast\w*|data|dataset|column\w*|feature\w*|score|most|use|used|using|least|time|times|case|cases|row|rows)$/u;

/** Takes the names of columns apart. */
export function nameColumns(columns: readonly ColumnProfile[]): readonly NamedColumn[] {
  return columns.map((profile) => {
    const all = splitName(profile.name);
    const words = [...all];
    const units: string[] = [];
    while (
      words.length > 1 &&
      unitWords.has(words[words.length - 1]!) &&
      words.some((word, index) => index < words.length - 1 && !isWeak(word))
    ) {
      units.unshift(words.pop()!);
    }
    if (words[words.length - 1] === 'in' && words.length > 1) words.pop();
    const bracket = /[[({]([^\])}]+)[\])}]/u.exec(profile.name)?.[1];
    if (bracket !== undefined) units.push(...splitName(bracket));
    if (profile.unit !== undefined) units.push(...splitName(profile.unit));
    return { profile, name: profile.name, words: words.length > 0 ? words : [profile.name.toLowerCase()], units };
  });
}

/** Every word that the data's names and labels are made of, for the correction of spelling. */
export function dataWords(columns: readonly NamedColumn[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const column of columns) {
    for (const word of splitName(column.name)) words.add(word);
    for (const word of column.words) for (const full of abbreviations.get(word) ?? []) words.add(full);
    for (const label of labelsOf(column.profile)) for (const word of splitName(label)) words.add(word);
  }
  return words;
}

/** Mentions of one column that are looked at. */
const mostMentions = 30;

/** All mentions of columns, best first where they overlap; several columns may share a place. */
export function findMentions(reading: Reading, columns: readonly NamedColumn[]): readonly Mention[] {
  const atoms: Atom[] = [];
  reading.tokens.forEach((token, index) => {
    for (const word of tokenWords(token)) atoms.push({ word, token: index });
  });
  const mentions: Mention[] = [];
  for (const column of columns) {
    const whole = [...byWholeName(reading, atoms, column), ...bySigns(reading, column)];
    mentions.push(...whole);
    for (const found of [
      ...byWords(reading, atoms, column),
      ...byLabel(reading, atoms, column),
      ...byUnit(atoms, column),
      ...byCompound(atoms, column),
      ...byOpposite(reading, column),
      ...byInitials(atoms, column),
    ]) {
      if (
        !mentions.some(
          (mention) => mention.column === column.name && overlaps(mention, found) && mention.quality >= found.quality,
        )
      ) {
        mentions.push(found);
      }
    }
  }
  const found = withoutShadowed(mentions).sort((a, b) => a.from - b.from || b.quality - a.quality);
  // Who names a column that often says nothing more about it.
  const counts = new Map<string, number>();
  return found.filter(({ column }) => {
    const count = (counts.get(column) ?? 0) + 1;
    counts.set(column, count);
    return count <= mostMentions;
  });
}

/** A weaker mention inside the whole name of another column is none; one that shares a word with it is worth less. */
function withoutShadowed(mentions: readonly Mention[]): Mention[] {
  const names = mentions.filter((mention) => mention.by === 'name');
  return mentions.flatMap((weak) => {
    const length = weak.to - weak.from;
    if (weak.by === 'name') {
      const isInside = names.some(
        (name) => name.from <= weak.from && name.to >= weak.to && name.to - name.from > length,
      );
      return isInside ? [] : [weak];
    }
    const matched = weak.matched ?? Array.from({ length }, (_, index) => weak.from + index);
    const rivals = names.filter((name) => name.column !== weak.column || overlaps(name, weak));
    const covered = matched.filter((token) => rivals.some((name) => token >= name.from && token < name.to)).length;
    if (covered === matched.length) return [];
    return [covered > 0 ? { ...weak, quality: weak.quality * 0.7 } : weak];
  });
}

function byWholeName(reading: Reading, atoms: readonly Atom[], column: NamedColumn): Mention[] {
  const squashed = squash(column.name);
  const goals = new Map<string, number>([[squashed, 1]]);
  const bare = column.words.join('');
  if (!goals.has(bare)) goals.set(bare, 0.97);
  const expanded = column.words.flatMap((word) => abbreviations.get(word) ?? [word]).join('');
  if (!goals.has(expanded)) goals.set(expanded, 0.95);
  if (column.words.length >= 3) goals.set(column.words.map((word) => word[0]).join(''), 0.9);
  const mentions: Mention[] = [];
  for (let from = 0; from < atoms.length; from += 1) {
    let joined = '';
    let initials = '';
    for (let to = from; to < Math.min(atoms.length, from + 8); to += 1) {
      const { word, token } = atoms[to]!;
      // "passenger class" for Pclass: initials and the last word.
      const isShort = initials !== '' && word.length >= 3 && initials + word === squashed;
      joined += word;
      initials += word[0];
      const quality =
        goals.get(joined) ??
        (joined.endsWith('s') ? goals.get(joined.slice(0, -1)) : undefined) ??
        (isShort ? 0.9 : undefined);
      if (quality === undefined) continue;
      const span = { from: atoms[from]!.token, to: token + 1 };
      if (!isPlainEnough(reading, span, column, joined)) continue;
      mentions.push({
        ...span,
        column: column.name,
        quality: goals.has(joined) ? quality : quality - 0.02,
        by: 'name',
        isHead: true,
      });
    }
  }
  return mentions;
}

/** One-letter names that are words ("a", "I") count only where they are quoted, upper case, or stand as a name would. */
function isPlainEnough(reading: Reading, span: Span, column: NamedColumn, joined: string): boolean {
  if (joined.length > 2 || !/^(?:a|i|in|is|it|to|of|on|no|at|as|an|by|or|so|us|me|my|we|be|do|if)$/u.test(joined))
    return true;
  const token = reading.tokens[span.from]!;
  const before = reading.tokens[span.from - 1];
  const after = reading.tokens[span.to];
  if (before !== undefined && /^["'`«“]$/u.test(before.text)) return true;
  if (
    token.text === column.name &&
    column.name === column.name.toUpperCase() &&
    token.text !== 'A' &&
    token.text !== 'I'
  )
    return true;
  if (
    before !== undefined &&
    /^(?:column|columns|feature|features|variable|field|given|from|:|,|=)$/u.test(before.word) &&
    token.text === column.name
  ) {
    return (
      after === undefined ||
      after.kind === 'sign' ||
      after.sentence !== token.sentence ||
      !/^\p{L}{4,}$/u.test(after.word) ||
      /^(?:and|or)$/u.test(after.word)
    );
  }
  return false;
}

const borders = /^(?:,|;|:|from|and|or|using|with|without|given|not|but|by|than|while)$/u;

/** Parts of the name, roots, abbreviations and synonyms, near one another. */
function byWords(reading: Reading, atoms: readonly Atom[], column: NamedColumn): Mention[] {
  const strong = column.words.filter((word) => !isWeak(word));
  const parts = (strong.length > 0 ? strong : column.words).flatMap((word) => {
    const full = (abbreviations.get(word) ?? []).filter((part) => !isWeak(part));
    return full.length > 1 ? full.map((part) => [part]) : [[word, ...full]];
  });
  const weak = strong.length === 0;
  const hits = atoms.map((atom) => parts.map((part) => Math.max(...part.map((word) => likeness(atom.word, word)))));
  const mentions: Mention[] = [];
  for (let from = 0; from < atoms.length; from += 1) {
    if (Math.max(...hits[from]!) <= 0) continue;
    const found = parts.map(() => 0);
    let last = from;
    const matched: number[] = [];
    for (let at = from; at < Math.min(atoms.length, from + parts.length + 3); at += 1) {
      if (reading.tokens.slice(atoms[last]!.token + 1, atoms[at]!.token).some((token) => borders.test(token.word)))
        break;
      const index = hits[at]!.reduce((best, value, part) => (value > (hits[at]![best] ?? 0) ? part : best), 0);
      const value = hits[at]![index]!;
      if (value > 0 && found[index] === 0) {
        found[index] = value;
        last = at;
        matched.push(atoms[at]!.token);
      }
    }
    const share = found.reduce((sum, value) => sum + value, 0) / parts.length;
    const head = found[found.length - 1]! > 0 ? 1 : 0.85;
    // "Click" alone is not the cost per click of a column `cpc`.
    const isHint = parts.length > column.words.length && head < 1 && matched.length === 1;
    const least = Math.min(...found.filter((value) => value > 0));
    const quality = 0.9 * Math.sqrt(share) * head * (weak || column.profile.identifier ? 0.75 : 1) * (isHint ? 0.4 : 1);
    mentions.push({
      from: atoms[from]!.token,
      to: atoms[last]!.token + 1,
      column: column.name,
      quality,
      by: least < 0.8 ? 'synonym' : 'part',
      isHead: head === 1,
      matched,
    });
  }
  return longest(mentions);
}

/** A number, alone or with a unit ("7d", "30"), says little about what a column is. */
function isWeak(word: string): boolean {
  return weakWords.has(word) || /^\d+[dhmwy]?$/u.test(word);
}

function longest(mentions: readonly Mention[]): Mention[] {
  const kept: Mention[] = [];
  for (const mention of [...mentions].sort((a, b) => b.quality - a.quality || a.from - b.from)) {
    if (!kept.some((other) => overlaps(other, mention))) kept.push(mention);
  }
  return kept;
}

/** How much a word of the prompt speaks of a word of a name: 1 the same, 0.9 the same root, 0.65 a synonym, else 0. */
function likeness(said: string, word: string): number {
  if (said === word) return 1;
  if (actions.test(said)) return 0;
  if (said.length >= 3 && word.length >= 3 && sameRoot(said, word)) return 0.9;
  if (word.length >= 4 && said.length >= word.length + 3 && said.startsWith(word) && said.length <= 14) return 0.5;
  if (said.length >= 5 && word.length >= said.length + 3 && word.startsWith(said)) return 0.6;
  const groups = groupOf.get(word);
  if (groups?.some((group) => groupOf.get(said)?.includes(group))) return 0.65;
  return 0;
}
