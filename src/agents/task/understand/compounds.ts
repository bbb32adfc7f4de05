import type { Atom, Mention, NamedColumn } from './mention.ts';

/** "Calls back" for `callback_7d`, "drop out" for `dropout`: two words of the prompt that are one word of a name. */
export function byCompound(atoms: readonly Atom[], column: NamedColumn): Mention[] {
  const goals = new Set(column.words.filter((word) => word.length >= 6));
  const mentions: Mention[] = [];
  for (let from = 0; goals.size > 0 && from + 1 < atoms.length; from += 1) {
    const [first, second] = [atoms[from]!, atoms[from + 1]!];
    if (first.token === second.token || first.word.length < 3 || second.word.length < 2) continue;
    const stems = [
      first.word,
      first.word.replace(/(?:s|ed|ing)$/u, ''),
      first.word.replace(/(\p{L})\1(?:ed|ing)$/u, '$1'),
    ];
    if (!stems.some((stem) => goals.has(stem + second.word) || goals.has(`${stem}${second.word.replace(/s$/u, '')}`)))
      continue;
    mentions.push({
      from: first.token,
      to: second.token + 1,
      column: column.name,
      quality: 0.85,
      by: 'part',
      isHead: true,
    });
  }
  return mentions;
}

/** "Monthly recurring revenue" for `mrr_usd`: three or more words whose initials are a word of the name. */
export function byInitials(atoms: readonly Atom[], column: NamedColumn): Mention[] {
  const mentions: Mention[] = [];
  for (const goal of column.words) {
    if (!/^\p{L}{3,5}$/u.test(goal)) continue;
    for (let from = 0; from + goal.length <= atoms.length; from += 1) {
      const words = atoms.slice(from, from + goal.length);
      if (!words.every((atom, index) => atom.word.length >= (index === 0 ? 4 : 3) && atom.word[0] === goal[index]))
        continue;
      mentions.push({
        from: words[0]!.token,
        to: words[words.length - 1]!.token + 1,
        column: column.name,
        quality: column.words.length === 1 ? 0.9 : 0.7,
        by: 'part',
        isHead: true,
      });
    }
  }
  return mentions;
}
