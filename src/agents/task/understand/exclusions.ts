import { listAfter, listBefore } from './lists.ts';
import type { Mention } from './mention.ts';
import { findAll, type Reading, type Span } from './reading.ts';
import { sortedBy } from './target-words.ts';

/** A column that a phrase of the prompt speaks of, with the phrase. */
export interface ColumnWish extends Span {
  readonly column: string;
}

const not =
  "(?:not|never|n't|don't|do not|doesn't|does not|mustn't|must not|shouldn't|should not|can't|can not|may not|mayn't|won't|will not|isn't|is not|aren't|are not|without)";
const before = new RegExp(
  String.raw`(?<![\p{L}])(?:without(?: (?:using|relying on|looking at|the use of|use of|knowing|considering|access to|any|taking|help of|the help of))?|ignor(?:e|ing)|disregard(?:ing)?|exclud(?:e|ing)|omit(?:ting)?|drop(?:ping)?|skip(?:ping)?|remov(?:e|ing)|leav(?:e|ing) (?:out|aside|away)|discard(?:ing)?|except(?: for)?|excepting|apart from|aside from|save for|but not(?: with| from)?|other than|(?:everything|all|anything|columns?|features?|fields?|variables?|else)(?: else)? but(?: not)?|${not}(?: (?:be|to|want|let it|let the model|allowed to|ever|want it to|want the model to|please))* (?:us(?:e|ing)|includ(?:e|ing)|consider(?:ing)?|look(?:ing)? at|rely(?:ing)? on|depend on|based? on|see(?:ing)?|train(?:ing)? on|touch|feed(?: in)?|take|look|know|peek at|have)|us(?:e|ing) neither|avoid(?:ing)?(?: using)?|forget(?: about)?|blind to|throw(?:ing)? (?:out|away)|hide|minus|set aside|no need for|not (?:from|with)|nor|no)(?![\p{L}])`,
  'gu',
);
const behind = new RegExp(
  String.raw`(?<![\p{L}])(?:(?:it |they |which |that )?(?:must|should|may|can|shall|will|are|is|has|have|need|needs|ought|to)?(?: |)?(?:${not}|no longer)(?: (?:to|ever|at all))* be (?:used|included|considered|part|taken|seen|an? (?:input|feature)|inputs|features|fed|available|known|looked at|in(?! both| the same| training| either)|there|relevant|among)|(?:must|should|are to|is to|can|have to|has to|shall|to|may|needs? to)(?: all| both)? be (?:ignored|excluded|dropped|left out|left aside|omitted|removed|disregarded|skipped|kept out|discarded|hidden)|(?:is|are|would be|be)(?: both| all| \p{L}+ly)* (?:off[ -]limits|not allowed|forbidden|irrelevant|not available|unavailable|only known|only available|leak\p{L}*|useless|noise|taboo|banned|prohibited|not known|not to be used|excluded|ignored|not an input|not permitted|meaningless|cheating)|leaks?(?= )|(?:removed|excluded|dropped|omitted|left out|ignored|discarded)(?= of course|,|\.| please|$| though| from| as| because| since)|(?:is|are|be)(?: \p{L}+ly)* protected(?= attributes?| features?| characteristics?))(?![\p{L}])`,
  'gu',
);
const around =
  /(?<![\p{L}])(?:leav(?:e|ing)|keep(?:ing)?|tak(?:e|ing)|filter(?:ing)?) (?=[^.;!?]{1,80}? (?:out|aside|away)(?![\p{L}]))/gu;
/** "They leak, so leave them out" speaks of the columns that were named last. */
const pronoun = new RegExp(
  String.raw`(?<![\p{L}])(?:(?:leav|keep|tak|throw)(?:e|ing)? (?:it|them|those|these|both|this|that) (?:out|aside|away)|(?:ignore|exclude|drop|omit|remove|skip|discard|disregard|${not} (?:use|include|consider)) (?:it|them|those|these|both)(?= |$|[.,;!])(?! (?:columns?|features?|fields?|two|three|for|to|as)(?![\p{L}])))`,
  'gu',
);
/** "A must not be used, and the same goes for b". */
const likewise =
  /(?<![\p{L}])(?:so (?:is|are|does|do|must|should)|(?:the )?same (?:for|goes for|with|is true for|holds for)|ditto|likewise|nor (?:is|are|may|must|should)|neither (?:is|are|may))(?![\p{L}])/gu;
const notColumns =
  /^(?:outliers?|duplicates?|missing|rows?|nulls?|errors?|speed|time|it|this|that|rest|noise|warnings?|losing|making|too|a|more|over|false|much)$/u;

/** Columns that the prompt leaves out, and phrases that name none. */
export function findExclusions(
  reading: Reading,
  mentions: readonly Mention[],
): { readonly wishes: readonly ColumnWish[]; readonly unknown: readonly Span[] } {
  const wishes: ColumnWish[] = [];
  const unknown: Span[] = [];
  const add = (columns: readonly Mention[], span: Span): void => {
    for (const { column } of columns)
      if (!wishes.some((wish) => wish.column === column)) wishes.push({ column, ...span });
  };
  for (const cue of findAll(reading, before)) {
    const list = listAfter(reading, mentions, cue.to);
    if (
      /^(?:no|avoid\p{L}*)$/u.test(cue.match[0]) &&
      !(list.mentions[0]?.by === 'name' && list.mentions[0].from === cue.to)
    )
      continue;
    if (list.mentions.length > 0) add(list.mentions, { from: cue.from, to: list.to });
    else if (isStrong(cue.match[0]) && isNoun(reading, cue.to))
      unknown.push({ from: cue.from, to: Math.min(cue.to + 2, reading.tokens.length) });
  }
  for (const cue of findAll(reading, around)) {
    const list = listAfter(reading, mentions, cue.to);
    const next = reading.tokens[list.to]?.word;
    if (list.mentions.length > 0 && next !== undefined && /^(?:out|aside|away)$/u.test(next))
      add(list.mentions, { from: cue.from, to: list.to + 1 });
  }
  for (const cue of findAll(reading, behind)) {
    const list = listBefore(reading, mentions, cue.from);
    if (list.mentions.length > 0) add(list.mentions, { from: list.from, to: cue.to });
  }
  for (const cue of findAll(reading, pronoun)) {
    const named = mentions.filter((mention) => mention.to <= cue.from && mention.by === 'name');
    const end = Math.max(0, ...named.map((mention) => mention.to));
    if (end === 0 || reading.tokens[cue.from]!.sentence - reading.tokens[end - 1]!.sentence > 1) continue;
    const list = listBefore(reading, mentions, end);
    const isOne = /(?<![\p{L}])(?:it|this|that)(?![\p{L}])/u.test(cue.match[0]);
    const nearest = list.mentions.filter((mention) => !isOne || mention.to === end);
    if (nearest.length > 0) add(nearest, { from: isOne ? end - 1 : list.from, to: cue.to });
  }
  for (const cue of findAll(reading, likewise)) {
    if (!wishes.some((wish) => wish.to <= cue.from && cue.from - wish.to <= 4)) continue;
    const list = listAfter(reading, mentions, cue.to);
    if (list.mentions.length > 0) add(list.mentions, { from: cue.from, to: list.to });
  }
  return { wishes, unknown };
}

function isStrong(cue: string): boolean {
  return /^(?:without using|ignor|exclud|omit|leav|disregard)|(?:n't|not|never) us/u.test(cue);
}

function isNoun(reading: Reading, at: number): boolean {
  let index = at;
  while (/^(?:the|any|all|my|our|their|columns?|for|of)$/u.test(reading.tokens[index]?.word ?? '.')) index += 1;
  const token = reading.tokens[index];
  return token?.kind === 'word' && !notColumns.test(token.word);
}

const only =
  /(?<![\p{L}])(?:only (?:use|using|from|on|based on|with|by|look at|consider)|(?:use|using|based on|from|with|given|consider|on|against)(?= [^.;!?]{1,120} (?:only|alone|exclusively)(?![\p{L}]))|(?:use|using|based on|from|with|given) (?:only|just|nothing but|solely)|solely from|just from)(?![\p{L}])/gu;
const using =
  /(?<![\p{L}])(?:based on|based upon|(?<!(?:come|comes|came|coming|suffer|suffers|apart|away|far|differ|differs|tell|[\p{L}]+ spam|spam) )from|given|using|use|with (?:the )?(?:features?|inputs?|columns?|predictors?|variables?)|(?:features?|inputs?|predictors?|covariates)(?: are| columns are|:)|by means of|on the basis of|out of|(?<=regress\p{L}* [^.;]{1,40} )against|as a function of|depending on|in terms of|(?<!to )know(?:ing)?|on(?= [\p{L}\p{N}_]+(?:,| and ))|by(?= [\p{L}\p{N}_]+(?:,| and )))(?![\p{L}])|~/gu;

/** Columns that the prompt restricts the inputs to; undefined where it does not say so of every input. */
export function findInputs(
  reading: Reading,
  mentions: readonly Mention[],
  taken: readonly Span[],
  classLike: ReadonlySet<string>,
):
  | { readonly columns: readonly string[]; readonly isOnly: boolean; readonly span: Span; readonly restricts: boolean }
  | undefined {
  for (const [expression, isOnly] of [
    [only, true],
    [using, false],
  ] as const) {
    let best: { columns: string[]; isOnly: boolean; span: Span; restricts: boolean } | undefined;
    for (const cue of findAll(reading, expression)) {
      if (taken.some((span) => span.from <= cue.from && cue.to <= span.to)) continue;
      const list = listAfter(reading, mentions, cue.to);
      // "Use x4 as the label" and "use G1, G2 to predict G3" begin alike.
      const next = reading.tokens[list.to]?.word;
      const afterNext = reading.text.slice(reading.tokens[list.to]?.at ?? reading.text.length);
      if (
        next === 'as' &&
        /^as (?:the |a |an |my |our )?(?:\p{L}+ )?(?:label|target|outcome|class|response|weights?|group|time|dependent|output|y|sample|case|key|id)/u.test(
          afterNext,
        )
      )
        continue;
      if (list.mentions.length === 0 || isContrast(reading, cue)) continue;
      const columns = [
        ...new Set(list.mentions.filter((mention) => mention.by !== 'value').map((mention) => mention.column)),
      ];
      if (columns.length === 0) continue;
      // "Classify tickets by category": one column of classes is what they are sorted by, several are what they are told by.
      const isSorted = columns.length === 1 && classLike.has(columns[0]!);
      if (isSorted && sortedBy.test(`${reading.text.slice(0, reading.tokens[cue.to]!.at).trimEnd()} `)) continue;
      const exact = list.mentions.every((mention) => mention.by === 'name');
      const restricts = list.isComplete && (isOnly || columns.length >= 2 || exact);
      if (best === undefined || columns.length > best.columns.length)
        best = { columns, isOnly, span: { from: cue.from, to: list.to }, restricts };
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** "Tell good from bad loans" names classes, not inputs. */
function isContrast(reading: Reading, cue: Span): boolean {
  return (
    reading.tokens[cue.from]!.word === 'from' &&
    reading.tokens
      .slice(Math.max(0, cue.from - 5), cue.from)
      .some(({ word }) => /^(?:tell|telling|distinguish|distinguishing|separat|differentiat|discern)/u.test(word))
  );
}
