import type { Sourced, TaskKind } from '../../../core/task-spec.ts';
import type { ColumnProfile } from '../../../tools/data/profile/profile.ts';
import { denialSaid, oppositeSaid } from './opposites.ts';
import { findAll, quoteOf, type Reading, type Span } from './reading.ts';
import { letterWords } from './vocabulary.ts';
import { splitName } from './words.ts';

/** What the words say about the kind of the answer. */
export interface KindCues {
  readonly yesNo?: Span;
  readonly classes?: Span;
  readonly number?: Span;
  /** A yes or no that is a number compared with a limit ("delayed by more than 15 minutes"). */
}

const yesNo =
  /(?<![\p{L}])(?:whether|if (?:a|an|the|it|he|she|they|someone|people|customers?|this|our)|if(?= [\p{L}_]+ (?:exceeds?|is|are|will|was|has|have|goes|falls|rises|gets))|who|which (?:[\p{L}_]+ ){1,4}(?:will|are|is|have|has|might|may|could|would|do|does|don't|doesn't|won't|can't|get|gets|churn|leave|default|fail)|(?:will|would) (?:a|an|the|it|he|she|they|someone|this|our|my)|is (?:a|an|the|it|this)|(?:should|does|did) (?:a|an|the|this|my|our)|are the|binary|yes[ /-]?(?:or[ -])?no|probability|likelihood|chance|propensity|risk(?! (?:score|level|class|group|categor|tier|rating|segment)\p{L}*)|likely to|detect\p{L}*|spot|going to|(?:tell(?:ing)?|distinguish(?:ing)?|separat(?:e|ing)|differentiat(?:e|ing))(?= [^.;,]{1,40} (?:from|between|and) )|readmissions?|churn|attrition|fraud|defaults?(?! (?:settings?|metrics?|values?|options?|thresholds?|budgets?|parameters?|config\p{L}*))|bankruptc(?:y|ies)|yes\/no|true\/false|0\/1|flag)(?![\p{L}])/gu;
const classes =
  /(?<![\p{L}])(?:classif\p{L}+|multi-?class|class(?:es)?|categor(?:y|ies|i[sz]e|ical)|which (?:kind|type|class|category|one)|which (?:[\p{L}_]+ ){1,3}(?:will|would|do|does|should|did) (?:[\p{L}_]+ ){1,3}(?:choose|pick|select|prefer|take|use|buy|want|need|go for|opt for|belong to|have)|what (?:kind|type|class|category|sort)|discrete|as labels?|type of|kind of|recogni[sz]e|assign|bucket|tiers?|ordinal|sort (?:\p{L}+ ){1,3}into|label the)(?![\p{L}])/gu;
const number =
  /(?<![\p{L}])(?:how (?:much|many|long|old|heavy|tall|high|late|big|large|fast|far|expensive|strong|hot|warm|cold|wide|deep|good|well)|regress(?:ion|or|ing)?(?! to)|(?<!logistic )regression|amounts?|numeric(?:al)?|continuous|exact value|in (?:euros?|dollars?|minutes|hours|days|kg|grams|kilograms|years|units|pounds|eur|usd)|average|as a number|to the nearest|quantity|estimate the (?:value|number))(?![\p{L}])/gu;

/** Reads cues for the kind of task. */
export function findKindCues(reading: Reading): KindCues {
  const first = (expression: RegExp, skip?: RegExp): Span | undefined =>
    findAll(reading, expression).find(
      (found) =>
        skip === undefined ||
        !skip.test(reading.text.slice(Math.max(0, (found.match.index ?? 0) - 20), found.match.index)),
    );
  // "When will it arrive" and "what is the price" are no questions for yes or no.
  const a = first(yesNo, /(?<![\p{L}])(?:when|where|what|why)(?: \p{L}+)? $/u);
  const b = first(classes, /(?:positive|negative|of the) $/u);
  const c = first(number, /logistic $/u);
  // "How many days will a patient stay" asks for a number, whatever stands behind it.
  // "Detect the type of defect" and "which plan will they choose" ask for a kind, though they begin like a yes or no.
  const isType =
    a !== undefined &&
    b !== undefined &&
    ((/^(?:detect|spot|flag)/u.test(reading.tokens[a.from]!.word) && b.from > a.from) ||
      (b.from === a.from && b.to > a.to));
  const isAmount = a !== undefined && c !== undefined && c.from < a.from && reading.tokens[c.from]!.word === 'how';
  return { ...(a && !isAmount && !isType && { yesNo: a }), ...(b && { classes: b }), ...(c && { number: c }) };
}

/** The most distinct whole numbers that can be classes. */
export const mostNumberClasses = 20;

/**
 * The task from the target's column and the words: two distinct values are binary; categories are classes; at most
 * 20 distinct whole numbers are classes where words, metric or name say so; every other number is a regression.
 * A datetime can't be predicted: nothing.
 */
export function taskOf(
  profile: ColumnProfile,
  cues: KindCues,
  reading: Reading,
  metricKind: 'classes' | 'number' | undefined,
): Sourced<TaskKind> | undefined {
  if (profile.kind === 'datetime') return undefined;
  const quoted = (task: TaskKind, span: Span): Sourced<TaskKind> => ({
    value: task,
    source: 'prompt',
    quote: quoteOf(reading, span),
  });
  if (profile.distinct <= 2 || profile.kind === 'boolean')
    return cues.yesNo ? quoted('binary', cues.yesNo) : { value: 'binary', source: 'data' };
  if (profile.kind !== 'number')
    return cues.classes ? quoted('multiclass', cues.classes) : { value: 'multiclass', source: 'data' };
  if (profile.distinct <= mostNumberClasses && (profile.numeric?.integers ?? true)) {
    if (metricKind === 'number') return { value: 'regression', source: 'prompt' };
    if (
      cues.number &&
      !(
        cues.classes &&
        (cues.classes.from < cues.number.from || /class|categor/u.test(quoteOf(reading, cues.classes).toLowerCase()))
      )
    )
      return quoted('regression', cues.number);
    if (cues.classes) return quoted('multiclass', cues.classes);
    if (metricKind === 'classes') return { value: 'multiclass', source: 'prompt' };
    if (
      splitName(profile.name).some((word) =>
        /^(?:class|pclass|category|label|type|species|cluster|segment|cat|code|genre|digit)$/u.test(word),
      )
    )
      return { value: 'multiclass', source: 'data' };
  }
  return cues.number ? quoted('regression', cues.number) : { value: 'regression', source: 'data' };
}

const yesLabels = [
  'yes',
  'true',
  '1',
  'y',
  't',
  'positive',
  'pos',
  'present',
  'case',
  'bad',
  'malignant',
  'sick',
  'ill',
  'diseased',
  'fail',
  'failed',
  'failure',
  'fraud',
  'spam',
  'churned',
  'churn',
  'left',
  'default',
  'defaulted',
  'abnormal',
  'attack',
  'defect',
  'defective',
  'poisonous',
  '+',
  'ja',
  'oui',
  'si',
];

/** The positive class of a binary target: the one that the prompt names, else yes, true or 1, else the rarer. */
export function positiveOf(profile: ColumnProfile, reading: Reading): Sourced<string> | undefined {
  const values = (profile.top ?? []).map((entry) => entry.value);
  if (values.length === 0) return undefined;
  for (const found of findAll(
    reading,
    /positive(?: class| label| value| case)?(?: is| are| being| means|:| =|=)+ ?(?:the )?(?:value |class |label )?["'`“‘]?([\p{L}\p{N}_.-]+)|["'`“‘]?([\p{L}\p{N}_.-]+)["'`”’]? (?:is|as|counts as|being) (?:the )?positive/gu,
  )) {
    const said = found.match[1] ?? found.match[2];
    const value = values.find((candidate) => candidate.toLowerCase() === said);
    if (value !== undefined) return { value, source: 'prompt', quote: quoteOf(reading, found) };
  }
  const named = new Map<string, Span>();
  for (const value of values) {
    const label = value.toLowerCase();
    if (/^(?:yes|no|true|false|0|1|y|n|t|f|a|i)$/u.test(label)) continue;
    const spoken = splitName(value).join(' ');
    const extra = letterWords.find(([letter]) => letter === value.toUpperCase())?.[1] ?? [];
    for (const word of [...(spoken.length >= 2 ? [spoken] : []), ...extra]) {
      const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&');
      const [found] = findAll(
        reading,
        new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?:s|ed|er|ers)?(?![\\p{L}\\p{N}])`, 'gu'),
      );
      if (found !== undefined && !named.has(value)) named.set(value, { from: found.from, to: found.to });
    }
  }
  if (named.size === 1) {
    const [value, span] = [...named][0]!;
    return { value, source: 'prompt', quote: quoteOf(reading, span) };
  }
  const negative = values.find((value) => /^(?:no|n|false|f|0)$/u.test(value.toLowerCase()));
  const said = oppositeSaid(profile.name, reading);
  const opposite =
    negative === undefined || said?.isDenied === true ? undefined : (said ?? denialSaid(profile.name, reading));
  if (negative !== undefined && opposite !== undefined)
    return { value: negative, source: 'prompt', quote: quoteOf(reading, opposite) };
  const usual = yesLabels
    .map((label) => values.find((value) => value.toLowerCase() === label))
    .find((value) => value !== undefined);
  if (usual !== undefined) return { value: usual, source: 'default' };
  const counts = profile.top ?? [];
  return {
    value: [...counts].sort((a, b) => a.count - b.count || (a.value < b.value ? -1 : 1))[0]!.value,
    source: 'data',
  };
}
