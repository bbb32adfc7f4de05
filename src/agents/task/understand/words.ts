const longSuffixes = new Set(
  (
    '|s|es|ed|d|e|ing|er|ers|or|ors|r|rs|al|als|ally|ion|ions|ation|ations|ment|ments|ly|ness|ity|ive|ives|ant|ent|ance|ence|' +
    'able|ible|ure|ures|y|ies|ied|ic|ics|ical|us|ous|ulent|ulently|ted|ting|led|ling|lation|lations|ption|ter|n|en|ful|less|ling|red|ring|ned|ning|ped|ping|sion|ssion|ssions'
  ).split('|'),
);
const shortSuffixes = new Set(
  '|s|es|ed|d|e|ing|er|ers|ly|y|ies|red|ring|ned|ning|ped|ping|ted|ting|led|ling'.split('|'),
);

/** Whether two lower-case words are forms of one root: what remains after their common beginning must be English endings. */
export function sameRoot(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length < 3 || b.length < 3) return false;
  const limit = Math.min(a.length, b.length);
  let common = 0;
  while (common < limit && a[common] === b[common]) common += 1;
  if (common < 3) return false;
  for (let stem = common; stem >= Math.max(3, common - 1); stem -= 1) {
    const [restA, restB] = [a.slice(stem), b.slice(stem)];
    if (
      stem === 3
        ? isPlural(restA, restB)
        : stem === 4
          ? both(shortSuffixes, restA, restB)
          : both(longSuffixes, restA, restB)
    ) {
      return true;
    }
  }
  return false;
}

function both(suffixes: ReadonlySet<string>, a: string, b: string): boolean {
  return suffixes.has(a) && suffixes.has(b);
}

function isPlural(a: string, b: string): boolean {
  return (a === '' && /^(?:s|ing|ed)$/u.test(b)) || (b === '' && /^(?:s|ing|ed)$/u.test(a));
}

/**
 * Optimal string alignment distance (insertions, deletions, substitutions, swaps of neighbours), or `limit + 1` where it
 * is greater (Damerau 1964, restricted form).
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let value = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + same);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        value = Math.min(value, beforeLast[column - 2]! + 1);
      }
      current.push(value);
      least = Math.min(least, value);
    }
    if (least > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}

/** Lower-case words of a column name or a token: split at case, digits' borders, underscores and other signs. */
export function splitName(name: string): string[] {
  return name
    .normalize('NFKC')
    .replace(/[[({].*?[\])}]/gu, ' ')
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Letters and digits of a text alone, lower case. */
export function squash(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
