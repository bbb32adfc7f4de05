import type { ColumnWish } from './exclusions.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { findAll, type Reading, type Span } from './reading.ts';
import { sensitiveWords } from './vocabulary.ts';

const fairCue =
  /(?<![\p{L}])(?:fair(?:ly|ness)?|unfair(?:ly)?|bias(?:ed|es)?|unbiased|discriminat\p{L}+|equitabl[ey]|equity|parity|disadvantag\p{L}+|equal(?:ly)? (?:quality|accuracy|scores?|results?|errors?|well|good|accurate|treatment|opportunit\p{L}+|odds|rates?|chances?|performance)|equally|equal across|same (?:for|across|quality for)|no worse for|prejudic\p{L}+|favou?r(?:s|ing)?|disparate|disparit\p{L}+|treated (?:worse|better|differently|alike|the same)|treat(?:s|ing)?(?= [^.;,]{1,30} (?:alike|the same|differently|worse))|(?:just )?as (?:well|good|accurate(?:ly)?) for)(?![\p{L}])/gu;
const people: readonly (readonly [RegExp, RegExp])[] = [
  [/(?<![\p{L}])(?:men|women|man|woman|boys?|girls?|females?|males?|gender|sexes)(?![\p{L}])/u, /^(?:gender|sex)$/u],
  [
    /(?<![\p{L}])(?:young|old|older|younger|elderly|seniors?|pensioners?|ages?)(?![\p{L}])/u,
    /^(?:age|senior|elderly)$/u,
  ],
  [/(?<![\p{L}])(?:races?|racial|black|white|ethnic\p{L}*|skin)(?![\p{L}])/u, /^(?:race|ethnicity|ethnic|skin)$/u],
  [/(?<![\p{L}])(?:religio\p{L}+|faiths?)(?![\p{L}])/u, /^(?:religion|faith)$/u],
  [
    /(?<![\p{L}])(?:national\p{L}*|foreign\p{L}*|immigrants?|citizens?\p{L}*)(?![\p{L}])/u,
    /^(?:nationality|citizenship|foreign|country|origin)$/u,
  ],
];

/** Columns that the result should be fair to. */
export function findFairness(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
): { readonly wishes: readonly ColumnWish[]; readonly unknown: readonly Span[] } {
  const wishes: ColumnWish[] = [];
  const unknown: Span[] = [];
  for (const cue of findAll(reading, fairCue)) {
    const sentence = reading.tokens[cue.from]!.sentence;
    const inSentence = reading.tokens
      .map((token, index) => ({ token, index }))
      .filter(({ token }) => token.sentence === sentence);
    const after = inSentence
      .filter(({ index }) => index >= cue.from)
      .map(({ token }) => token.word)
      .join(' ');
    const text = people.some(([words]) => words.test(after))
      ? after
      : inSentence.map(({ token }) => token.word).join(' ');
    const isPassive = /^treated/u.test(reading.tokens[cue.from]!.word);
    const near = mentions.filter(
      (mention) =>
        reading.tokens[mention.from]!.sentence === sentence &&
        (mention.from >= cue.from || (isPassive && mention.to <= cue.from && mention.from >= cue.from - 5)) &&
        mention.from <= cue.to + 9 &&
        mention.by !== 'unit' &&
        (mention.quality >= 0.5 || mention.by === 'value') &&
        isGroupLike(columns, mention.column) &&
        !isQuestion(reading, cue, mention),
    );
    const spoken = people
      .filter(([words]) => words.test(text))
      .flatMap(([, names]) => columns.filter((column) => column.words.some((word) => names.test(word))));
    const sensitive = near.filter((mention) => isSensitive(columns, mention.column));
    const names = new Set(
      sensitive.length > 0 || spoken.length > 0
        ? [...sensitive.map((mention) => mention.column), ...spoken.map((column) => column.name)]
        : near.map((mention) => mention.column),
    );
    if (names.size === 0 && wishes.length === 0)
      for (const column of columns) if (isSensitive(columns, column.name)) names.add(column.name);
    const last = inSentence[inSentence.length - 1]!.index + 1;
    if (names.size === 0 && wishes.length === 0) unknown.push(cue);
    for (const column of names)
      if (!wishes.some((wish) => wish.column === column))
        wishes.push({ column, from: cue.from, to: Math.min(last, cue.to + 8) });
  }
  return { wishes, unknown };
}

function isQuestion(reading: Reading, cue: Span, mention: Mention): boolean {
  return reading.tokens
    .slice(cue.to, mention.from)
    .some((token) => /^(?:predict|estimate|classify|accuracy|auc)$/u.test(token.word));
}

function isGroupLike(columns: readonly NamedColumn[], name: string): boolean {
  const profile = columns.find((column) => column.name === name)?.profile;
  return (
    profile !== undefined &&
    (profile.kind === 'category' || profile.kind === 'boolean' || isSensitive(columns, name) || profile.distinct <= 20)
  );
}

function isSensitive(columns: readonly NamedColumn[], name: string): boolean {
  return columns.find((column) => column.name === name)?.words.some((word) => sensitiveWords.has(word)) ?? false;
}
