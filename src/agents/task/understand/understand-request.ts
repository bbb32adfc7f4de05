import { TrainerError } from '../../../core/errors.ts';
import type { Sourced } from '../../../core/task-spec.ts';
import type { TableProfile } from '../../../tools/data/profile/profile.ts';
import type { LearnerFamily } from '../plan/plan.ts';
import { findClassWeight } from './class-weight.ts';
import { dataWords, findMentions, nameColumns } from './columns.ts';
import { condense } from './condense.ts';
import { isDoubtful, lostWish } from './doubt.ts';
import { findHarm } from './harmful.ts';
import { languageOf } from './language.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { type Parts, readParts } from './parts.ts';
import { findAll, overlaps, quoteOf, type Reading, readPrompt, type Span } from './reading.ts';
import { comparedNumber, otherKind, refusedTarget, rejected } from './refusals.ts';
import { scoreTargets, targetsAsked } from './target.ts';
import { targetFromData } from './target-from-data.ts';
import { taskOf } from './task-kind.ts';
import type { Clarification, ClarifyCode, FixedAnswers, Understanding } from './understanding.ts';
import { writeSpec } from './write-spec.ts';

/** The words of a request, the facts of its data, and what the host has fixed. */
export interface Request {
  readonly prompt: string;
  readonly profile: TableProfile;
  readonly fixed?: FixedAnswers;
}

/**
 * Reads a request by rules alone: what is to be predicted, from what, how well, within which limits. It asks back only
 * where the target is not unique; everything else takes a default and says so.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN where the host has fixed a column that is not in the data.
 */
export function understandRequest({ prompt, profile, fixed = {} }: Request): Understanding {
  checkFixed(profile, fixed);
  const columns = nameColumns(profile.columns);
  const words = dataWords(columns);
  const { text, unread } = condense(prompt, words);
  const reading = readPrompt(text, words);
  const harm = findHarm(reading);
  if (harm !== undefined) return rejected('HARMFUL', { quote: quoteOf(reading, harm) });
  if (profile.rowCount === 0 || columns.length === 0)
    return rejected('NO_DATA', { rows: profile.rowCount, columns: columns.length });
  if (columns.length === 1) return rejected('NO_TARGET', { columns: 1 });

  const found = findMentions(reading, columns);
  const classWeight = findClassWeight(reading, found);
  // "Balance the classes" speaks of no column "balance" or "class".
  const mentions = classWeight === undefined ? found : found.filter((mention) => !overlaps(mention, classWeight));
  const parts = readParts(reading, columns, mentions, classWeight);
  const language = languageOf(reading, words);
  if (language !== 'en' && fixed.target === undefined) {
    const ranked = rankedTargets(reading, columns, mentions, parts);
    return clarify('LANGUAGE', ranked, columns);
  }
  const other = fixed.target === undefined ? otherKind(reading, columns, mentions, parts) : undefined;
  if (other !== undefined) return other;
  const target = chooseTarget(reading, columns, mentions, parts, fixed);
  if ('kind' in target) return target;
  const column = columns.find((candidate) => candidate.name === target.value)!;
  const task =
    fixed.task !== undefined
      ? ({ value: fixed.task, source: 'host' } as const)
      : taskOf(column.profile, parts.cues, reading, parts.metricKind);
  if (task === undefined || column.profile.kind === 'text')
    return rejected('TARGET_KIND', { column: column.name, kind: column.profile.kind });
  const refused =
    fixed.target === undefined ? refusedTarget(reading, column, task.value, columns, mentions, parts) : undefined;
  if (refused !== undefined) return refused;
  return {
    kind: 'spec',
    spec: writeSpec({ reading, profile, columns, mentions, parts, fixed, target, task, language }),
    learners: learnersAsked(reading),
    ...(unread > 0 ? { unread } : {}),
  };
}

function rankedTargets(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
): readonly string[] {
  const candidates = scoreTargets(reading, columns, mentions, parts.cues, parts.metricKind, parts.apart, parts.taken);
  const fromData = targetFromData(columns, parts.cues, parts.metricKind, parts.apart).ranked;
  return [
    ...new Set([
      ...candidates.filter((candidate) => candidate.score > 20).map((candidate) => candidate.column),
      ...fromData,
    ]),
  ];
}

const enough = 24;
const margin = 5;
const hint = 10;

function chooseTarget(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  parts: Parts,
  fixed: FixedAnswers,
): Sourced<string> | Understanding {
  if (fixed.target !== undefined) return { value: fixed.target, source: 'host' };
  const candidates = scoreTargets(reading, columns, mentions, parts.cues, parts.metricKind, parts.apart, parts.taken);
  const [first, second] = candidates;
  if (first !== undefined && first.score >= enough) {
    const compared = comparedNumber(reading, first, columns, mentions, parts);
    if (compared !== undefined && !first.explicit) return { value: compared, source: 'prompt' };
    const likely = yesNoInstead(columns, parts, first);
    if (likely !== undefined) return { value: likely, source: 'data' };
    const asked = targetsAsked(reading, mentions, first.column, parts.apart);
    if (asked.length >= 2) return rejected('SEVERAL_TARGETS', { columns: asked });
    const { sure } = targetFromData(columns, parts.cues, parts.metricKind, parts.apart);
    if (isDoubtful(reading, columns, mentions, parts, candidates, sure)) {
      const named = candidates.filter((candidate) => first.score - candidate.score < 2 * margin);
      const options = [...(sure === undefined ? [] : [sure]), ...named.map((candidate) => candidate.column)];
      return clarify('TARGET_AMBIGUOUS', [...new Set(options)], columns);
    }
    if (second === undefined || first.score - second.score >= margin) {
      return { value: first.column, source: 'prompt', ...(first.span && { quote: quoteOf(reading, first.span) }) };
    }
    const close = candidates
      .filter((candidate) => first.score - candidate.score < margin)
      .map((candidate) => candidate.column);
    return clarify('TARGET_AMBIGUOUS', close, columns);
  }
  const data = targetFromData(columns, parts.cues, parts.metricKind, parts.apart);
  // One column that the request speaks of, or weak words that agree with the look of the data.
  const ahead = first === undefined ? 0 : first.score - Math.max(0, second?.score ?? 0);
  if (first !== undefined && ahead >= hint && (first.score >= 2 * hint || data.ranked[0] === first.column))
    return { value: first.column, source: 'prompt', ...(first.span && { quote: quoteOf(reading, first.span) }) };
  const thing = namedThing(reading);
  const lost = lostWish(columns, mentions, parts);
  if (data.sure !== undefined && thing === undefined && lost === false) return { value: data.sure, source: 'data' };
  if (data.ranked.length === 0) return rejected('NO_TARGET', { columns: columns.length });
  const named = candidates.filter((candidate) => candidate.score > 12).map((candidate) => candidate.column);
  return clarify(
    thing === undefined ? 'TARGET_NOT_NAMED' : 'TARGET_NOT_FOUND',
    [...new Set([...(typeof lost === 'string' ? [lost] : []), ...named, ...data.ranked])],
    columns,
  );
}

/** "Who gets a loan?" asks for yes or no: not for the amount of the loan, where the data have one clear yes or no. */
function yesNoInstead(
  columns: readonly NamedColumn[],
  parts: Parts,
  first: { readonly column: string; readonly explicit: boolean },
): string | undefined {
  const { cues, metricKind, apart } = parts;
  const profile = columns.find((column) => column.name === first.column)!.profile;
  if (cues.yesNo === undefined || cues.number !== undefined || first.explicit || metricKind !== 'classes')
    return undefined;
  if (profile.kind !== 'number' || profile.distinct <= 20) return undefined;
  const { sure } = targetFromData(columns, cues, metricKind, apart);
  return columns.find((column) => column.name === sure)?.profile.distinct === 2 ? sure : undefined;
}

/** The thing that a verb asks for, where the words are specific ("predict the colour of the car"). */
function namedThing(reading: Reading): Span | undefined {
  const [found] = findAll(
    reading,
    /(?<![\p{L}])(?:predict|estimate|forecast|guess|determine|infer|how (?:much|many|long|old|heavy|tall|high|late|big|large|fast|far|expensive)|model (?:for|of)|what)(?: (?:the|a|an|its|their|for|is|will|are|of|each|every|our|my|me))* (?!it\b|days?\b|hours?\b|minutes?\b|weeks?\b|years?\b|euros?\b|dollars?\b|this\b|that\b|outcome|target|label|class(?:es)?\b|result|response|best|anything|something|whatever|what\b|which\b|who\b|whether|how\b|everything|well|accurately|good|you\b|from\b|with\b|using\b|data\b|these\b|them\b|can\b|from)[\p{L}]{3,}/gu,
  );
  return found;
}

function learnersAsked(reading: Reading): readonly LearnerFamily[] {
  const found: LearnerFamily[] = [];
  if (/(?<![\p{L}])(?:logistic|linear (?:model|regression)|ridge|lasso|glm)(?![\p{L}])/u.test(reading.text))
    found.push('linear');
  if (
    /(?<![\p{L}])(?:(?:decision |boosted |gradient )trees?|random forest|gradient boost\p{L}*|xgboost|lightgbm|catboost|gbm|gbdt|trees)(?![\p{L}])/u.test(
      reading.text,
    )
  )
    found.push('trees');
  if (
    /(?<![\p{L}])(?:deep(?: neural)?[ -](?:learning|networks?|nets?)|neural (?:networks?|nets?)|(?:multi-?layer )?perceptrons?|mlps?|tabular resnet)(?![\p{L}])/u.test(
      reading.text,
    )
  )
    found.push('network');
  return found;
}

function clarify(code: ClarifyCode, options: readonly string[], columns: readonly NamedColumn[]): Understanding {
  const all = options.length > 0 ? options : columns.map((column) => column.name);
  const question: Clarification = {
    id: 'target',
    question:
      code === 'LANGUAGE'
        ? 'The request could not be read: it is understood in English only. Which column should be predicted?'
        : 'Which column should be predicted?',
    options: all,
    default: all[0]!,
    changes: 'The target decides the kind of model, the metric and which columns may be inputs.',
  };
  return { kind: 'clarify', code, clarify: [question] };
}

function checkFixed(profile: TableProfile, fixed: FixedAnswers): void {
  const names = new Set(profile.columns.map((column) => column.name));
  const asked = [
    fixed.target,
    fixed.weight,
    fixed.group,
    fixed.time,
    fixed.entity,
    ...(fixed.inputs ?? []),
    ...(fixed.ignore ?? []),
  ];
  for (const name of asked) {
    if (name === undefined || names.has(name)) continue;
    throw new TrainerError(
      'COLUMN_UNKNOWN',
      `Expected a column of the data, got "${name}". Use one of: ${[...names].slice(0, 20).join(', ')}${names.size > 20 ? ', …' : ''}.`,
      { details: { column: name } },
    );
  }
}
