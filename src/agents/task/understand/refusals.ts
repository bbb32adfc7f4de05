import type { TaskKind } from '../../../core/task-spec.ts';
import type { Mention, NamedColumn } from './mention.ts';
import type { Parts } from './parts.ts';
import { overlaps, quoteOf, type Reading, type Span } from './reading.ts';
import type { Candidate } from './target.ts';
import type { RejectCode, Understanding } from './understanding.ts';
import { findHorizon, findOtherKinds, isChore } from './unsupported.ts';

/** A refusal with its evidence. */
export function rejected(
  code: RejectCode,
  evidence: Extract<Understanding, { kind: 'reject' }>['reject']['evidence'],
): Understanding {
  return { kind: 'reject', reject: { code, evidence } };
}

/** Another kind of task than one for a table, or no task at all. */
export function otherKind(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
): Understanding | undefined {
  const names = new Set(
    columns.filter(({ profile }) => !profile.identifier && profile.kind !== 'text').map((column) => column.name),
  );
  const strong = mentions.filter(
    (mention) => mention.quality >= 0.55 && mention.by !== 'unit' && names.has(mention.column),
  );
  for (const found of findOtherKinds(reading)) {
    // A column of that name is what is meant ("predict the segment", "images_per_post", "is_anomaly").
    if (
      found.code !== 'CAUSAL' &&
      found.code !== 'TEXT_GENERATION' &&
      strong.some((mention) => overlaps(mention, found) && (mention.by === 'name' || mention.quality >= 0.6))
    )
      continue;
    // "Flag suspicious claims" where the data say which were.
    if (
      found.code === 'ANOMALY_DETECTION' &&
      mentions.some((mention) => overlaps(mention, found) && isYesNo(columns, mention))
    )
      continue;
    if ((found.code === 'IMAGES' || found.code === 'AUDIO') && !isAboutMedia(reading, found, columns)) continue;
    if (
      found.code === 'CLUSTERING' &&
      /segment|cluster/u.test(reading.tokens[found.from]!.word) &&
      strong.some(
        (mention) =>
          parts.apart.get(mention.column) === undefined &&
          /predict|classif/u.test(reading.text) &&
          mention.by === 'name',
      )
    )
      continue;
    if (
      found.code === 'SURVIVAL_ANALYSIS' &&
      !/survival|censor|hazard|kaplan|cox/u.test(quoteOf(reading, found).toLowerCase()) &&
      strong.some((mention) => mention.by === 'name' && !parts.apart.has(mention.column))
    )
      continue;
    return rejected(found.code, { quote: quoteOf(reading, found) });
  }
  if (
    !mentions.some((mention) => mention.from === 0 && mention.quality >= 0.6 && mention.to >= 3) &&
    isChore(
      reading,
      mentions.some((mention) => mention.by !== 'unit'),
    ) &&
    reading.prompt.trim() !== ''
  )
    return rejected('NOT_A_LEARNING_TASK', { quote: reading.prompt.trim().slice(0, 200) });
  return undefined;
}

/** Pictures and sound are refused unless the words speak of what was measured on them. */
function isAboutMedia(reading: Reading, span: Span, columns: readonly NamedColumn[]): boolean {
  const next = reading.tokens
    .slice(span.to, span.to + 2)
    .map((token) => token.word)
    .join(' ');
  if (/^(?:measurements?|features?|statistics|data|properties|descriptors|analysis|taken|quality)/u.test(next))
    return false;
  const before = reading.tokens
    .slice(Math.max(0, span.from - 5), span.from)
    .map((token) => token.word)
    .join(' ');
  if (/(?:measured|computed|extracted|derived|measurements|features|number of|how many)(?: \p{L}+){0,3}$/u.test(before))
    return false;
  const numbers = columns.filter(({ profile }) => profile.kind === 'number' && !profile.identifier).length;
  return (
    numbers < 4 ||
    /(?:in|from|of|on|at|using|use|take|these|the|classify|recogni[sz]e|detect|my|our|with|label)(?: \p{L}+){0,2}$/u.test(
      before,
    )
  );
}

/** Requests whose target can't be served as it is: a comparison that is not in the data, a series that goes on. */
export function refusedTarget(
  reading: Reading,
  column: NamedColumn,
  task: TaskKind,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
): Understanding | undefined {
  const { span, isSeries } = findHorizon(reading);
  const hasTime = columns.some(({ profile }) => profile.kind === 'datetime');
  if (span !== undefined && (isSeries || (task === 'regression' && hasTime))) {
    return rejected('FORECASTING', { quote: quoteOf(reading, span), column: column.name });
  }
  if (task === 'regression' && parts.cues.yesNo && parts.metricKind !== 'number') {
    const own = mentions.filter((mention) => mention.column === column.name);
    const compared = parts.rest.find(
      (quantity) =>
        (quantity.bound === 'min' || quantity.bound === 'max') &&
        own.some(
          (mention) =>
            Math.min(Math.abs(quantity.from - mention.to), Math.abs(mention.from - quantity.to)) <= 5 &&
            reading.tokens[mention.from]!.sentence === reading.tokens[quantity.from]!.sentence,
        ),
    );
    if (compared !== undefined)
      return rejected('DERIVED_TARGET', { quote: quoteOf(reading, compared), column: column.name });
  }
  return undefined;
}

/**
 * "Sells for more than 300k": the one column of numbers that words beside a limit speak of and that has values on both
 * sides of it, where the same words, or those for who is asked about, fit a column of classes better.
 */
export function comparedNumber(
  reading: Reading,
  first: Candidate,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
): string | undefined {
  const { yesNo, classes } = parts.cues;
  const profiles = new Map(columns.map(({ name, profile }) => [name, profile]));
  if (yesNo === undefined || parts.metricKind === 'number' || profiles.get(first.column)?.distinct === 2)
    return undefined;
  for (const quantity of parts.rest) {
    if (
      (quantity.bound !== 'min' && quantity.bound !== 'max') ||
      (quantity.unit !== 'none' && quantity.unit !== 'other')
    )
      continue;
    const near = mentions.filter(
      (mention) =>
        mention.by !== 'unit' &&
        mention.to <= quantity.from &&
        quantity.from - mention.to <= 3 &&
        reading.tokens[mention.from]!.sentence === reading.tokens[quantity.from]!.sentence,
    );
    // "Will a department sell over 50k" asks about departments, and compares what they sell.
    const isAsked = first.span !== undefined && first.span.from >= yesNo.from && first.span.from <= yesNo.to;
    const shared = near.filter((mention) =>
      near.some((other) => other.column === first.column && overlaps(other, mention)),
    );
    const own = isAsked && classes === undefined ? near : shared;
    if (own.some((mention) => profiles.get(mention.column)?.distinct === 2)) continue;
    const numbers = [...new Set(own.map((mention) => mention.column))].filter((name) => {
      const numeric = profiles.get(name)?.numeric;
      return numeric !== undefined && numeric.min < quantity.value && quantity.value < numeric.max;
    });
    if (numbers.length === 1) return numbers[0];
  }
  return undefined;
}

function isYesNo(columns: readonly NamedColumn[], mention: Mention): boolean {
  return columns.some(({ name, profile }) => name === mention.column && profile.distinct === 2);
}
