import { mentionsAt } from './lists.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { findAll, overlaps, type Reading, type Span } from './reading.ts';
import {
  asking,
  explicitAfter,
  explicitBefore,
  headAfter,
  negation,
  opening,
  sortedBy,
  stop,
  verb,
} from './target-words.ts';
import type { KindCues } from './task-kind.ts';
import { outcomeWords, targetNames, unitWords } from './vocabulary.ts';
import { squash } from './words.ts';

/** How well a column fits as the target, and the words that say so. */
export interface Candidate {
  readonly column: string;
  readonly score: number;
  readonly span?: Span;
  readonly explicit: boolean;
}

/** Scores each column as the target; higher first. `apart` are columns that the words give another part to. */
export function scoreTargets(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  cues: KindCues,
  metricKind: 'classes' | 'number' | undefined,
  apart: ReadonlyMap<string, number>,
  taken: readonly Span[],
): readonly Candidate[] {
  const spots = { verb: findAll(reading, verb), asking: findAll(reading, asking) };
  const negated = new Set<string>();
  const best = new Map<string, Candidate & { readonly span: Span }>();
  for (const mention of mentions) {
    if (taken.some((span) => overlaps(span, mention) && span.from <= mention.from && span.to >= mention.to)) continue;
    const from = reading.tokens[mention.from]!.at;
    const lastToken = reading.tokens[mention.to - 1]!;
    const clause = reading.tokens[mention.from]!.clause;
    const clauseStart = reading.tokens.find((token) => token.clause === clause)!.at;
    const before = reading.text.slice(Math.max(0, from - 60), from);
    const after = reading.text.slice(lastToken.at + lastToken.word.length, lastToken.at + lastToken.word.length + 60);
    if (
      negation.test(reading.text.slice(clauseStart, from).trimEnd()) &&
      mention.quality >= 0.5 &&
      !/^[^.,;]{0,12}(?:used|be used)/u.test(after)
    ) {
      negated.add(mention.column);
      continue;
    }
    let score = mention.quality * 24 - (mention.isHead ? 0 : 6);
    let explicit = false;
    if (explicitBefore.test(before) || explicitAfter.test(after.trimStart())) {
      score += 70;
      explicit = true;
    } else {
      score +=
        (0.4 + 0.6 * mention.quality) *
        Math.max(
          context(reading, mention, spots.verb, 46, 2.2, mentions),
          context(reading, mention, spots.asking, 36, 1.6, mentions),
          headAfter.test(after.trimStart()) ? 40 : 0,
          after.trim() === '' && before.trim() === '' ? 30 : 0,
          opening.test(reading.text.slice(0, from)) ? 24 : 0,
          // "Energy usage", "blood sugar level": a word that describes the thing.
          mention.from <= 3 &&
            !spots.verb.some((spot) => spot.from < mention.from) &&
            opening.test(reading.text.slice(0, from).replace(/[\p{L}]+ $/u, ''))
            ? 20
            : 0,
        );
    }
    if (mention.by !== 'name' && isOwner(reading, mention, mentions)) score -= 25;
    if (/["'`“‘]$/u.test(before) && mention.by === 'name') score += 12;
    if (isMeasure(reading, mention, mentions)) score -= 25;
    if (sortedBy.test(before)) score += 30;
    if (mention.by === 'unit' || (mention.by !== 'name' && unitWords.has(lastToken.word))) score -= 6;
    else if (/how (?:many|much) $/u.test(before)) score += 22;
    else if (/how $/u.test(before) && /^(?:many|much)$/u.test(reading.tokens[mention.from]!.word)) score += 26;
    const known = best.get(mention.column);
    if (known === undefined || score > known.score)
      best.set(mention.column, {
        column: mention.column,
        score,
        span: { from: mention.from, to: mention.to },
        explicit,
      });
  }
  const population = cues.yesNo === undefined ? undefined : populationOf(reading, cues.yesNo, columns, mentions, apart);
  const candidates: Candidate[] = [];
  for (const column of columns) {
    const named = new Set(
      mentions
        .filter((mention) => mention.column === column.name && mention.value !== undefined)
        .map((mention) => mention.value),
    );
    const found = best.get(column.name);
    if (found === undefined || negated.has(column.name)) continue;
    candidates.push({
      ...found,
      score:
        found.score +
        (found.explicit ? 0 : suitability(column, cues, metricKind)) +
        (apart.get(column.name) ?? 0) +
        (!found.explicit && population !== undefined && overlaps(population, found.span) ? -24 : 0) +
        (named.size > 1 ? 30 : 0),
    });
  }
  return candidates.sort((a, b) => b.score - a.score || (a.column < b.column ? -1 : 1));
}

/** "The colour of the car" speaks of a colour: the car is no target where the colour is not part of what was matched. */
function isOwner(reading: Reading, mention: Mention, mentions: readonly Mention[]): boolean {
  let at = mention.from - 1;
  while (at >= 0 && /^(?:the|a|an|each|every|this|our|my|their|its|all)$/u.test(reading.tokens[at]!.word)) at -= 1;
  if (at < 1 || !/^(?:of|for)$/u.test(reading.tokens[at]!.word)) return false;
  const thing = reading.tokens[at - 1]!;
  if (thing.kind !== 'word' || thing.sentence !== reading.tokens[mention.from]!.sentence) return false;
  if (
    /^(?:value|values|number|numbers|level|levels|amount|amounts|probability|probabilities|risk|chance|chances|likelihood|type|types|kind|kinds|class|classes|prediction|predictions|estimation|estimate|detection|classification|classifier|model|models|forecast|regression|cases?|signs?|degree|extent|out|all|any|one|each|most|because|sort|category|presence|occurrence|severity|status|rate|incidence|propensity|odds|score|label|labels|think|care|looking|searching|predictor|warning|warnings|alert|alerts|alarm|alarms|system|tool|detector|screening|test|early)$/u.test(
      thing.word,
    )
  )
    return false;
  return !mentions.some((other) => other.column === mention.column && other.from <= at - 1 && other.to > at - 1);
}

/** "Which visitors are going to buy": who is asked about, where what they may do is a yes or no of the data. */
function populationOf(
  reading: Reading,
  question: Span,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  apart: ReadonlyMap<string, number>,
): Span | undefined {
  if (reading.tokens[question.from]!.word !== 'which') return undefined;
  const inside = { from: question.from + 1, to: question.to };
  const isAnswered = mentions.some(
    (mention) =>
      mention.from >= question.to &&
      mention.quality >= 0.5 &&
      reading.tokens[mention.from]!.sentence === reading.tokens[question.from]!.sentence &&
      !apart.has(mention.column) &&
      columns.some(({ name, profile }) => name === mention.column && profile.distinct === 2) &&
      !mentions.some((other) => other.column === mention.column && overlaps(other, inside)),
  );
  return isAnswered ? inside : undefined;
}

/** "20 cycles", "life in cycles": a column's name that only says what another number is counted in. */
function isMeasure(reading: Reading, mention: Mention, mentions: readonly Mention[]): boolean {
  const previous = reading.tokens[mention.from - 1];
  if (previous === undefined || previous.sentence !== reading.tokens[mention.from]!.sentence) return false;
  if (previous.kind === 'number') return !/^(?:19|20)\d\d$/u.test(previous.word);
  return previous.word === 'in' && mentions.some((other) => other.to === mention.from - 1 && other.by !== 'unit');
}

/** Nearness to a cue that stands before it in the same sentence, with nothing between that ends its reach. */
function context(
  reading: Reading,
  mention: Mention,
  spots: readonly Span[],
  full: number,
  perToken: number,
  mentions: readonly Mention[],
): number {
  let best = 0;
  for (const spot of spots) {
    const isInside = overlaps(spot, mention);
    if (isInside ? mention.by === 'name' : spot.to > mention.from) continue;
    const between = reading.tokens.slice(Math.min(spot.to, mention.from), mention.from);
    if (reading.tokens[spot.from]!.sentence !== reading.tokens[mention.from]!.sentence) continue;
    const stops = between.filter((token) => stop.test(token.word)).length;
    const commas = between.filter((token) => token.text === ',').length;
    const rivals = mentions.filter(
      (other) =>
        other.from >= spot.to && other.to <= mention.from && other.by === 'name' && other.column !== mention.column,
    ).length;
    best = Math.max(best, full - perToken * Math.min(between.length, 10) - stops * 22 - commas * 6 - rivals * 7);
  }
  return best;
}

/** Whether the column's values are of the kind that the words ask for. */
function suitability(column: NamedColumn, cues: KindCues, metricKind: 'classes' | 'number' | undefined): number {
  const { profile } = column;
  let score = 0;
  const isBinary = profile.kind === 'boolean' || profile.distinct === 2;
  const isClass = isBinary || profile.kind === 'category';
  if (profile.identifier) score -= 34;
  else if (column.words.includes('id') || column.words.includes('uuid')) score -= 22;
  if (profile.kind === 'datetime') score -= 34;
  if (profile.kind === 'text') score -= 24;
  if (cues.yesNo) score += isBinary ? 14 : profile.kind === 'number' && profile.distinct > 20 ? -8 : 0;
  if (/^(?:no|nbr|nr)$/u.test(column.words[column.words.length - 1]!) && profile.distinct > 20) score -= 22;
  if (cues.classes) score += isClass ? 8 : profile.kind === 'number' && profile.distinct <= 20 ? 4 : -4;
  if (cues.number) score += profile.kind === 'number' && !isBinary ? 10 : -8;
  if (metricKind === 'number') score += profile.kind === 'number' && !isBinary ? 14 : -14;
  if (metricKind === 'classes') score += isClass ? 8 : profile.distinct <= 20 ? 3 : -10;
  if (targetNames.has(squash(column.name))) score += 6;
  else if (column.words.some((word) => outcomeWords.has(word))) score += 4;
  return score;
}

/** Columns that one verb asks for together ("predict both a and b"); fewer than two where it does not. */
export function targetsAsked(
  reading: Reading,
  mentions: readonly Mention[],
  target: string,
  apart: ReadonlyMap<string, number>,
): readonly string[] {
  for (const spot of findAll(reading, verb)) {
    const names: string[] = [];
    let at = spot.to;
    let joined = true;
    for (; at < reading.tokens.length && reading.tokens[at]!.sentence === reading.tokens[spot.from]!.sentence; ) {
      const here = mentionsAt(mentions, at).filter(
        (mention) => mention.quality >= 0.5 && mention.by !== 'value' && !apart.has(mention.column),
      );
      if (here.length > 0) {
        if (!joined) break;
        names.push(here.find((mention) => mention.column === target)?.column ?? here[0]!.column);
        at = Math.max(...here.map((mention) => mention.to));
        joined = false;
        continue;
      }
      const { word } = reading.tokens[at]!;
      if (/^(?:and|&|plus|,|\+)$/u.test(word)) joined = true;
      else if (
        /^["'`]$/u.test(word) ||
        /^(?:the|a|an|its|their|both|of|also|as|well|column|columns|values?|levels?|of|customer|person|patient|car|house|flight)$/u.test(
          word,
        )
      ) {
        if (word === 'as' && reading.tokens[at + 1]?.word === 'well') joined = true;
      } else if (
        names.length > 0 ||
        !/^(?:two|three|targets?|things?|:|simultaneously|jointly|together|following)$/u.test(word)
      )
        break;
      at += 1;
    }
    const distinct = [...new Set(names)];
    if (distinct.length >= 2 && distinct.includes(target)) return distinct;
  }
  return [];
}
