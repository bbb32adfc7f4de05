const longSuffixes = new Set(
  (
    '|s|es|ed|d|e|ing|er|ers|or|ors|r|rs|al|als|ally|ion|ions|ation|ations|ment|ments|ly|ness|ity|ive|ives|ant|ent|ance|ence|' +
    'able|ible|ure|ures|y|ies|ied|ic|ics|ical|us|ous|ulent|ulently|ted|ting|led|ling|lation|lations|ption|ter|n|en|ful|less|ling|red|ring|ned|ning|ped|ping|sion|ssion|ssions'
  ).split('|'),
);
const shortSuffixes = new Set(
  '|s|es|ed|d|e|ing|er|ers|ly|y|ies|red|ring|ned|ning|ped|ping|ted|ting|led|ling'.split('|'),
);

const nounEndings: readonly (readonly [RegExp, string])[] = [
  [/(?:olution|olutions)$/u, 'olve'],
  [/(?:ission|issions)$/u, 'it'],
  [/(?:itted|itting|its)$/u, 'it'],
  [/(?:eption|eptions)$/u, 'eive'],
  [/(?:uction|uctions)$/u, 'uce'],
  [/(?:ersion|ersions)$/u, 'ert'],
  [/(?:scription|scriptions)$/u, 'scribe'],
  [/(?:ision|isions)$/u, 'ide'],
  [/(?:umption|umptions)$/u, 'ume'],
  [/(?:sponse|sponses)$/u, 'spond'],
  [/(?:pansion|pansions)$/u, 'pand'],
  [/(?:ication|ications)$/u, 'y'],
];

/** "Resolution" is what was resolved: a noun that English took from Latin, as its verb; other words as they are. */
function verbOf(word: string): string {
  for (const [ending, verb] of nounEndings) if (ending.test(word)) return word.replace(ending, verb);
  return word;
}

/** Whether two lower-case words are forms of one root: what remains after their common beginning must be English endings. */
export function sameRoot(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length < 3 || b.length < 3) return false;
  const [verbA, verbB] = [verbOf(a), verbOf(b)];
  if (verbA !== a || verbB !== b) {
    if (verbA === verbB || (verbA.length >= 5 && verbB.length >= 5 && sameForm(verbA, verbB))) return true;
  }
  return sameForm(a, b);
}

function sameForm(a: string, b: string): boolean {
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
  return (
    name
      .normalize('NFKC')
      .replace(/[[({].*?[\])}]/gu, ' ')
      .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
      .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
      // "readmit30" is a readmission within 30 days; "x1" and "pm25" are names.
      .replace(/(\p{L}{5,})(\p{N}+)/gu, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== '')
  );
}

/** Letters and digits of a text alone, lower case. */
export function squash(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
