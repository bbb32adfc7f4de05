import type { ColumnWish } from './exclusions.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { findAll, type Reading, type Span } from './reading.ts';
import { sensitiveWords } from './vocabulary.ts';

/** What the prompt says of the parts that columns play. */
export interface Roles {
  readonly weight?: ColumnWish;
  readonly group?: ColumnWish;
  readonly time?: ColumnWish;
  readonly entity?: ColumnWish;
  /** Phrases that ask for a role which no column can play, by role. */
  readonly unknown: readonly (Span & { readonly role: 'weight' | 'group' | 'time' })[];
}

const units =
  '(?:rows?|records?|visits?|measurements?|observations?|samples?|lines?|entries|events?|readings?|seasons?|cases|examples|stays|scans|recordings|sessions|transactions|purchases|orders|times|years|days|trips|tests|[\\p{L}]+s)';
const weightAfter = new RegExp(
  String.raw`(?<![\p{L}])weight(?:ed|ing|s)?(?: (?:the|each|every|all))?(?: (?:${units}|it|them))?(?: (?:should be|must be|are|is|given|taken|come|comes))? (?:by|with|using|according to|from|in|:|=)(?: the| column| their| its)* ?|(?:sample|case|row|survey|sampling|observation|instance|frequency)?[ -]?weights?(?: column)? ?(?:is|are|=|:|in)(?: in| the| column| called)* ?`,
  'gu',
);
const weightBefore =
  /(?:is|are|as|holds|contains|gives|has)(?: the| a| an| our| my| its)?(?: (?:sample|case|row|survey|sampling|observation|instance|frequency|importance))?[ -]?weights?(?![\p{L}])/gu;
const groupAfter = new RegExp(
  String.raw`(?<![\p{L}])(?:(?:several|many|multiple|more than one|repeated|different|various|a few|two or more|up to \d+|\d+|some) (?:of the )?(?:\p{L}+ )?${units}(?: \p{L}+)?(?: (?:per|for each|for every|for the same|for one|for a single|of the same|of each|of one|of every|from the same|from each|from one|from a single|by|belong to(?: the same| one| a single)?|by the same|for any|in each|within each|in the same)(?![\p{L}])) ?(?:individual |single |same )?|group(?:ed|ing|s)? (?:by|per|on|are|=|:|in|column)(?: the| column| is)* ?|(?:rows|records|visits|samples|data|measurements) (?:of|from|for|about) (?:the same|one|each|a|any) |keep(?:ing)? (?:all )?(?:the )?(?:${units} )?(?:(?:of|from|for) )?(?:(?:the same|one|each|a|any|every) )|split (?:by|on|per|along)(?: the)? |(?:never|don't|not|do not) (?:split|mix|spread|separate) (?:the )?(?:${units} (?:of|from) )?(?:a|one|the same|any|each)? ?|same (?=[\p{L}_]+ (?:must|should|may|can|never|in|on|appears|occurs|is))|(?:repeated|clustered|nested|measured)(?: \p{L}+)? (?:by|within|per|in|for) (?:each |every |the same )?|cross[ -]?validat\p{L}+ (?:by|per|over) |leave[ -]one[ -])`,
  'gu',
);
const groupBefore =
  /(?:(?:appears?|occurs?|comes?|shows? up|(?:is|are) (?:listed|seen|measured|recorded|represented|repeated|in the data)|visit(?:s|ed)?|returns?|has|have|can have|may have|contributes?) (?:in |on )?(?:the (?:file|data) )?(?:several|many|multiple|more than on(?:c)?e|repeatedly|twice|again|a few|up to)|come(?:s)? back|identif(?:y|ies)|repeats?|(?:stay|kept|keep|together|are kept|be kept|must stay|should stay)(?: \p{L}+)? together|together(?= |$|[.,])|(?:is|are|as) (?:the |a |our )?(?:group|cluster|grouping|subject|patient|person|customer|panel)(?: (?:key|id|identifier|column|variable))?(?![\p{L}])|(?:must|should|may|can)(?: \p{L}+)? (?:not|never) (?:be|appear|end up|occur) (?:in|on) both|[ -]out(?: cross))/gu;
const timeAfter =
  /(?<![\p{L}])(?:(?:ordered|sorted|order|sort|arranged|sequenced|chronological(?:ly)?|split|splitting|in order|in the order|validate|ordered in time)(?: them| it| the data| the rows| rows| data)? (?:by|according to|along|of|on|with|using|in)(?: the| column| its| their)* ?|(?:time|date|timestamp|ordering|order)(?: column| index| variable)? (?:is|=|:) ?(?:in |column |the )*|(?:time|timestamp|order) is given by ?)/gu;
const timeWords =
  /(?<![\p{L}])(?:train(?:ed|ing)?(?: it)? (?:on|with) (?:the )?(?:past|earlier|older|old|first|previous)|test(?:ed|ing)?(?: it)? (?:on|with) (?:the )?(?:future|later|newer|newest|latest|most recent|recent)|(?:time|date)[ -](?:based|wise|ordered|aware) (?:split|validation)?|temporal (?:split|order|validation|holdout)|split (?:by|on|along|in) (?:time|date)|respect(?:ing)? (?:the )?(?:time|order|chronolog\p{L}+)|in (?:chronological|time|temporal) order|chronological(?:ly)?|ordered (?:by|in|over|along) (?:time|date)|sorted (?:by|in|over) (?:time|date)|are in order|ordered in time|mix(?:ing)? (?:later|future|newer)|(?:no |not |never |without )?(?:peek|look)(?:ing)? (?:in|at|into|ahead)(?:to)? ?(?:the )?future|from the (?:past|earlier)[^.;]{0,30} (?:future|later)|never (?:use|see) (?:the )?future|out of time|later (?:rows|data|years) (?:must|should) not)(?![\p{L}])/gu;
const entityBefore =
  /(?:is|are|being)(?: just| only| simply)?(?: the| an| a| our)?(?: unique| row| primary| running| record)? (?:ids?|identifiers?|keys?|primary key|row number|serial number|index|running number)(?![\p{L}])/gu;

/** Reads weight, group, time and entity. */
export function findRoles(reading: Reading, columns: readonly NamedColumn[], mentions: readonly Mention[]): Roles {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const unknown: (Span & { role: 'weight' | 'group' | 'time' })[] = [];
  const isTime = (name: string): boolean =>
    byName.get(name)?.profile.kind === 'datetime' || isTimeName(byName.get(name));
  const after = (expression: RegExp, fits: (mention: Mention) => boolean, reach = 3): ColumnWish | undefined => {
    for (const cue of findAll(reading, expression)) {
      const found = pick(
        mentions.filter(
          (mention) =>
            mention.from >= cue.to - 1 &&
            mention.from <= cue.to + reach &&
            mention.to > cue.to &&
            reading.tokens[mention.from]!.sentence === reading.tokens[cue.from]!.sentence &&
            fits(mention),
        ),
        cue.to,
      );
      if (found !== undefined) return { column: found.column, from: cue.from, to: found.to };
    }
    return undefined;
  };
  const ahead = (expression: RegExp, fits: (mention: Mention) => boolean, reach = 2): ColumnWish | undefined => {
    for (const cue of findAll(reading, expression)) {
      const near = mentions.filter(
        (mention) =>
          mention.to <= cue.from &&
          mention.to >= cue.from - reach &&
          reading.tokens[mention.from]!.sentence === reading.tokens[cue.from]!.sentence &&
          fits(mention),
      );
      const found = pick(near, cue.from);
      if (found !== undefined) return { column: found.column, from: found.from, to: cue.to };
    }
    return undefined;
  };
  const isNumber = (mention: Mention): boolean =>
    byName.get(mention.column)?.profile.kind === 'number' && mention.by !== 'unit';
  const weight = after(weightAfter, isNumber, 2) ?? ahead(weightBefore, isNumber, 1);
  const keeps = (mention: Mention): boolean =>
    mention.by !== 'unit' &&
    mention.by !== 'value' &&
    isEntityLike(byName.get(mention.column)) &&
    mention.column !== weight?.column;
  const group =
    after(groupAfter, (mention) => keeps(mention) && !isTime(mention.column)) ??
    ahead(groupBefore, (mention) => keeps(mention) && !isTime(mention.column), 3);
  let time = after(timeAfter, (mention) => mention.by !== 'unit' && isTime(mention.column));
  const timeCue = findAll(reading, timeWords)[0];
  if (time === undefined && timeCue !== undefined) {
    const named = pick(
      mentions.filter(
        (mention) =>
          mention.by !== 'unit' &&
          isTime(mention.column) &&
          reading.tokens[mention.from]!.sentence === reading.tokens[timeCue.from]!.sentence,
      ),
      timeCue.to,
    );
    const dates = columns.filter((column) => column.profile.kind === 'datetime');
    const numbers = columns.filter(isTimeName);
    const only =
      named?.column ??
      (dates.length === 1 ? dates[0]!.name : dates.length === 0 && numbers.length === 1 ? numbers[0]!.name : undefined);
    if (only === undefined) unknown.push({ from: timeCue.from, to: timeCue.to, role: 'time' });
    else time = { column: only, from: timeCue.from, to: timeCue.to };
  }
  const entity = ahead(
    entityBefore,
    (mention) => mention.by !== 'unit' && mention.by !== 'value' && mention.column !== group?.column,
    1,
  );
  return {
    ...(weight && { weight }),
    ...(group && { group }),
    ...(time && { time }),
    ...(entity && { entity }),
    unknown,
  };
}

/** The best mention, the nearer where equal. */
function pick(mentions: readonly Mention[], at: number): Mention | undefined {
  return [...mentions].sort((a, b) => b.quality - a.quality || Math.abs(a.from - at) - Math.abs(b.from - at))[0];
}

function isTimeName(column: NamedColumn | undefined): boolean {
  return (
    column !== undefined &&
    column.profile.kind !== 'category' &&
    column.profile.kind !== 'text' &&
    column.words.some((word) =>
      /^(?:date|time|timestamp|year|month|season|week|day|period|quarter|yr|datetime)$/u.test(word),
    )
  );
}

function isEntityLike(column: NamedColumn | undefined): boolean {
  const profile = column?.profile;
  if (profile === undefined || profile.kind === 'boolean' || profile.kind === 'datetime') return false;
  return profile.kind !== 'number' || (profile.numeric?.integers ?? true) || profile.identifier;
}

const fairCue =
  /(?<![\p{L}])(?:fair(?:ly|ness)?|unfair(?:ly)?|bias(?:ed|es)?|unbiased|discriminat\p{L}+|equitabl[ey]|equity|parity|disadvantag\p{L}+|equal(?:ly)? (?:quality|accuracy|scores?|results?|errors?|well|good|accurate|treatment|opportunit\p{L}+|odds|rates?|chances?|performance)|equally|equal across|same (?:for|across|quality for)|no worse for|prejudic\p{L}+|disparate|disparit\p{L}+)(?![\p{L}])/gu;
const people: readonly (readonly [RegExp, RegExp])[] = [
  [/(?<![\p{L}])(?:men|women|man|woman|females?|males?|gender|sexes)(?![\p{L}])/u, /^(?:gender|sex)$/u],
  [/(?<![\p{L}])(?:young|old|older|younger|elderly|ages?)(?![\p{L}])/u, /^age$/u],
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
    const near = mentions.filter(
      (mention) =>
        reading.tokens[mention.from]!.sentence === sentence &&
        mention.from >= cue.from &&
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
