import { TrainerError } from '../../../core/errors.ts';
import type { MetricId, MetricWish, Sourced, TaskKind, TaskSpec } from '../../../core/task-spec.ts';
import type { ColumnProfile, TableProfile } from '../../../tools/data/profile/profile.ts';
import { dataWords, findMentions, type Mention, type NamedColumn, nameColumns } from './columns.ts';
import { findExclusions, findInputs } from './exclusions.ts';
import { findHarm } from './harmful.ts';
import { languageOf } from './language.ts';
import { findLimits } from './limits.ts';
import { defaultMetric, findMetricCues, type MetricCue, numberMetrics, resolveCue } from './metrics.ts';
import { findQuantities, type Quantity } from './quantities.ts';
import { findAll, overlaps, quoteOf, type Reading, readPrompt, type Span } from './reading.ts';
import { findFairness, findRoles } from './roles.ts';
import { scoreTargets, targetFromData, targetsAsked } from './target.ts';
import { findKindCues, type KindCues, positiveOf, taskOf } from './task-kind.ts';
import type { Clarification, ClarifyCode, FixedAnswers, RejectCode, Understanding } from './understanding.ts';
import { findBesides, findHorizon, findOtherKinds, isChore } from './unsupported.ts';

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
  const reading = readPrompt(prompt, words);
  const harm = findHarm(reading);
  if (harm !== undefined) return rejected('HARMFUL', { quote: quoteOf(reading, harm) });
  if (profile.rowCount === 0 || columns.length === 0) return rejected('NO_DATA', { rows: profile.rowCount, columns: columns.length });
  if (columns.length === 1) return rejected('NO_TARGET', { columns: 1 });

  const mentions = findMentions(reading, columns);
  const parts = readParts(reading, columns, mentions);
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
  const task = fixed.task !== undefined ? ({ value: fixed.task, source: 'host' } as const) : taskOf(column.profile, parts.cues, reading, parts.metricKind);
  if (task === undefined || column.profile.kind === 'text') return rejected('TARGET_KIND', { column: column.name, kind: column.profile.kind });
  const refused = fixed.target === undefined ? refusedTarget(reading, column, task.value, columns, mentions, parts) : undefined;
  if (refused !== undefined) return refused;
  return { kind: 'spec', spec: writeSpec({ reading, profile, columns, mentions, parts, fixed, target, task, language }), learners: learnersAsked(reading) };
}

/** Everything that does not depend on the target. */
interface Parts {
  readonly cues: KindCues;
  readonly metricCues: readonly MetricCue[];
  readonly metricKind: 'classes' | 'number' | undefined;
  readonly rest: readonly Quantity[];
  readonly limits: ReturnType<typeof findLimits>;
  readonly exclusions: ReturnType<typeof findExclusions>;
  readonly roles: ReturnType<typeof findRoles>;
  readonly fairness: ReturnType<typeof findFairness>;
  readonly inputs: ReturnType<typeof findInputs>;
  /** Columns with another part than the target, and how much that speaks against them. */
  readonly apart: ReadonlyMap<string, number>;
  readonly taken: readonly Span[];
}

function readParts(reading: Reading, columns: readonly NamedColumn[], mentions: readonly Mention[]): Parts {
  const quantities = findQuantities(reading);
  const names = mentions.filter((mention) => mention.by === 'name' && mention.quality > 0.9);
  const { cues: metricCues, rest: unused } = findMetricCues(reading, quantities, names);
  const limits = findLimits(reading, unused);
  const rest = unused.filter((quantity) => !limits.some((limit) => limit.quantity === quantity));
  const roles = findRoles(reading, columns, mentions);
  const fairness = findFairness(reading, columns, mentions);
  const exclusions = findExclusions(reading, mentions);
  const wishes = [roles.weight, roles.group, roles.time, roles.entity].filter((wish) => wish !== undefined);
  const taken: Span[] = [...exclusions.wishes, ...wishes, ...fairness.wishes];
  const inputs = findInputs(reading, mentions, [...exclusions.wishes, ...wishes]);
  if (inputs !== undefined) taken.push(inputs.span);
  for (const cue of metricCues) if (!names.some((name) => overlaps(name, cue))) taken.push(cue);
  const apart = new Map<string, number>();
  for (const name of inputs?.columns ?? []) apart.set(name, -40);
  for (const { column } of fairness.wishes) apart.set(column, -30);
  for (const { column } of [...exclusions.wishes, ...wishes]) apart.set(column, -200);
  const kinds = new Set(metricCues.map(kindOfCue).filter((kind) => kind !== undefined));
  const metricKind = kinds.size === 1 ? [...kinds][0] : undefined;
  return { cues: findKindCues(reading), metricCues, metricKind, rest, limits, exclusions, roles, fairness, inputs, apart, taken };
}

function kindOfCue(cue: MetricCue): 'classes' | 'number' | undefined {
  if (cue.cue === 'wrong' || cue.cue === 'right' || cue.cue === 'auto') return undefined;
  if (cue.cue === 'error') return cue.quantity?.unit === 'share' ? undefined : 'number';
  return cue.cue === 'mse' || numberMetrics.has(cue.cue) ? 'number' : 'classes';
}

/** Another kind of task than one for a table, or no task at all. */
function otherKind(reading: Reading, columns: readonly NamedColumn[], mentions: readonly Mention[], parts: Parts): Understanding | undefined {
  const names = new Set(columns.filter(({ profile }) => !profile.identifier && profile.kind !== 'text').map((column) => column.name));
  const strong = mentions.filter((mention) => mention.quality >= 0.55 && mention.by !== 'unit' && names.has(mention.column));
  for (const found of findOtherKinds(reading)) {
    // A column of that name is what is meant ("predict the segment", "images_per_post", "is_anomaly").
    if (found.code !== 'CAUSAL' && found.code !== 'TEXT_GENERATION' && strong.some((mention) => overlaps(mention, found) && (mention.by === 'name' || mention.quality >= 0.6))) continue;
    if ((found.code === 'IMAGES' || found.code === 'AUDIO') && !isAboutMedia(reading, found, columns)) continue;
    if (found.code === 'CLUSTERING' && /segment|cluster/u.test(reading.tokens[found.from]!.word) && strong.some((mention) => parts.apart.get(mention.column) === undefined && /predict|classif/u.test(reading.text) && mention.by === 'name')) continue;
    if (found.code === 'SURVIVAL_ANALYSIS' && strong.some((mention) => mention.by === 'name' && !parts.apart.has(mention.column))) continue;
    return rejected(found.code, { quote: quoteOf(reading, found) });
  }
  if (isChore(reading, mentions.some((mention) => mention.by !== 'unit')) && reading.prompt.trim() !== '') return rejected('NOT_A_LEARNING_TASK', { quote: reading.prompt.trim().slice(0, 200) });
  return undefined;
}

/** Pictures and sound are refused unless the words speak of what was measured on them. */
function isAboutMedia(reading: Reading, span: Span, columns: readonly NamedColumn[]): boolean {
  const next = reading.tokens.slice(span.to, span.to + 2).map((token) => token.word).join(' ');
  if (/^(?:measurements?|features?|statistics|data|properties|descriptors|analysis|taken|quality)/u.test(next)) return false;
  const before = reading.tokens.slice(Math.max(0, span.from - 5), span.from).map((token) => token.word).join(' ');
  if (/(?:measured|computed|extracted|derived|measurements|features|number of|how many)(?: \p{L}+){0,3}$/u.test(before)) return false;
  const numbers = columns.filter(({ profile }) => profile.kind === 'number' && !profile.identifier).length;
  return numbers < 4 || /(?:in|from|of|on|these|the|classify|recogni[sz]e|detect|my|our|with|label)(?: \p{L}+){0,2}$/u.test(before);
}

function rankedTargets(reading: Reading, columns: readonly NamedColumn[], mentions: readonly Mention[], parts: Parts): readonly string[] {
  const candidates = scoreTargets(reading, columns, mentions, parts.cues, parts.metricKind, parts.apart, parts.taken);
  const fromData = targetFromData(columns, parts.cues, parts.metricKind, parts.apart).ranked;
  return [...new Set([...candidates.filter((candidate) => candidate.score > 20).map((candidate) => candidate.column), ...fromData])];
}

const enough = 24;
const margin = 5;

function chooseTarget(reading: Reading, columns: readonly NamedColumn[], mentions: readonly Mention[], parts: Parts, fixed: FixedAnswers): Sourced<string> | Understanding {
  if (fixed.target !== undefined) return { value: fixed.target, source: 'host' };
  const candidates = scoreTargets(reading, columns, mentions, parts.cues, parts.metricKind, parts.apart, parts.taken);
  const [first, second] = candidates;
  if (first !== undefined && first.score >= enough) {
    const asked = targetsAsked(reading, mentions, first.column, parts.apart);
    if (asked.length >= 2) return rejected('SEVERAL_TARGETS', { columns: asked });
    if (second === undefined || first.score - second.score >= margin) {
      return { value: first.column, source: 'prompt', ...(first.span && { quote: quoteOf(reading, first.span) }) };
    }
    const close = candidates.filter((candidate) => first.score - candidate.score < margin).map((candidate) => candidate.column);
    return clarify('TARGET_AMBIGUOUS', close, columns);
  }
  const data = targetFromData(columns, parts.cues, parts.metricKind, parts.apart);
  const thing = namedThing(reading);
  if (data.sure !== undefined && thing === undefined) return { value: data.sure, source: 'data' };
  if (data.ranked.length === 0) return rejected('NO_TARGET', { columns: columns.length });
  const named = candidates.filter((candidate) => candidate.score > 12).map((candidate) => candidate.column);
  return clarify(thing === undefined ? 'TARGET_NOT_NAMED' : 'TARGET_NOT_FOUND', [...new Set([...named, ...data.ranked])], columns);
}

/** The thing that a verb asks for, where the words are specific ("predict the colour of the car"). */
function namedThing(reading: Reading): Span | undefined {
  const [found] = findAll(reading, /(?<![\p{L}])(?:predict|estimate|forecast|guess|determine|infer|how (?:much|many|long|old|heavy|tall|high|late|big|large|fast|far|expensive)|model (?:for|of)|what)(?: (?:the|a|an|its|their|for|is|will|are|of|each|every|our|my|me))* (?!it\b|this\b|that\b|outcome|target|label|class(?:es)?\b|result|response|best|anything|something|whatever|what\b|which\b|who\b|whether|how\b|everything|well|accurately|good|you\b|from\b|with\b|using\b|data\b|these\b|them\b|can\b|from)[\p{L}]{3,}/gu);
  return found;
}

/** Requests whose target can't be served as it is: a comparison that is not in the data, a series that goes on. */
function refusedTarget(reading: Reading, column: NamedColumn, task: TaskKind, columns: readonly NamedColumn[], mentions: readonly Mention[], parts: Parts): Understanding | undefined {
  const { span, isSeries } = findHorizon(reading);
  const hasTime = columns.some(({ profile }) => profile.kind === 'datetime');
  if (span !== undefined && task === 'regression' && (isSeries || hasTime)) {
    return rejected('FORECASTING', { quote: quoteOf(reading, span), column: column.name });
  }
  if (task === 'regression' && parts.cues.yesNo && parts.metricKind !== 'number') {
    const own = mentions.filter((mention) => mention.column === column.name);
    const compared = parts.rest.find((quantity) => (quantity.bound === 'min' || quantity.bound === 'max') && own.some((mention) => Math.min(Math.abs(quantity.from - mention.to), Math.abs(mention.from - quantity.to)) <= 5 && reading.tokens[mention.from]!.sentence === reading.tokens[quantity.from]!.sentence));
    if (compared !== undefined) return rejected('DERIVED_TARGET', { quote: quoteOf(reading, compared), column: column.name });
  }
  return undefined;
}

interface SpecParts {
  readonly reading: Reading;
  readonly profile: TableProfile;
  readonly columns: readonly NamedColumn[];
  readonly mentions: readonly Mention[];
  readonly parts: Parts;
  readonly fixed: FixedAnswers;
  readonly target: Sourced<string>;
  readonly task: Sourced<TaskKind>;
  readonly language: string;
}

function writeSpec({ reading, profile, columns, mentions, parts, fixed, target, task, language }: SpecParts): TaskSpec {
  const unsupported: { code: string; quote: string }[] = findBesides(reading)
    .filter((wish) => !parts.metricCues.some((cue) => overlaps(cue, wish)) && !mentions.some((mention) => mention.by === 'name' && overlaps(mention, wish)))
    .map((wish) => ({ code: wish.code, quote: quoteOf(reading, wish) }));
  const note = (code: string, span: Span): void => void unsupported.push({ code, quote: quoteOf(reading, span) });
  for (const span of parts.exclusions.unknown) note('EXCLUSION_NOT_FOUND', span);
  for (const span of parts.roles.unknown) note('ROLE_NOT_FOUND', span);
  for (const span of parts.fairness.unknown) note('FAIRNESS_NOT_FOUND', span);
  if (language !== 'en') unsupported.push({ code: 'LANGUAGE', quote: reading.prompt.slice(0, 80) });
  const metrics = fixed.metrics ? fixed.metrics.map((wish): MetricWish => ({ ...wish, source: 'host' })) : readMetrics(reading, parts, task.value, note);
  const said = (span: Span & { column: string }): Sourced<string> => ({ value: span.column, source: 'prompt', quote: quoteOf(reading, span) });
  const role = (name: 'weight' | 'group' | 'time' | 'entity'): Record<string, Sourced<string>> => {
    const host = fixed[name];
    const wish = parts.roles[name];
    if (host !== undefined) return { [name]: { value: host, source: 'host' } };
    return wish !== undefined && wish.column !== target.value ? { [name]: said(wish) } : {};
  };
  const ignore: Sourced<string>[] = fixed.ignore
    ? fixed.ignore.map((value) => ({ value, source: 'host' }))
    : parts.exclusions.wishes.filter((wish) => wish.column !== target.value).map(said);
  const roles = { ...role('weight'), ...role('group'), ...role('time'), ...role('entity'), ignore };
  const outside = new Set<string>([target.value, ...ignore.map((column) => column.value)]);
  for (const name of ['weight', 'group', 'entity'] as const) {
    const column = (roles as TaskSpec['roles'])[name];
    if (column !== undefined) outside.add(column.value);
  }
  const limits: Record<string, Sourced<number>> = {};
  for (const wish of parts.limits) limits[wish.limit] = { value: wish.value, source: 'prompt', quote: quoteOf(reading, wish.quantity) };
  for (const [name, value] of Object.entries(fixed.limits ?? {})) if (value !== undefined) limits[name] = { value, source: 'host' };
  const positive = task.value === 'binary' ? (fixed.positive !== undefined ? ({ value: fixed.positive, source: 'host' } as const) : positiveOf(profileOf(profile, target.value), reading)) : undefined;
  return {
    formatVersion: 1,
    task,
    target,
    ...(positive !== undefined && { positive }),
    inputs: readInputs(reading, columns, parts, fixed, outside),
    roles,
    metrics,
    limits,
    fairness: parts.fairness.wishes.filter((wish) => wish.column !== target.value).map((wish) => ({ column: wish.column, quote: quoteOf(reading, wish) })),
    unsupported,
  };
}

function readInputs(reading: Reading, columns: readonly NamedColumn[], parts: Parts, fixed: FixedAnswers, outside: ReadonlySet<string>): Sourced<readonly string[]> {
  if (fixed.inputs !== undefined) return { value: fixed.inputs.filter((name) => !outside.has(name)), source: 'host' };
  if (parts.inputs?.restricts === true) {
    const value = columns.map((column) => column.name).filter((name) => parts.inputs!.columns.includes(name) && !outside.has(name));
    if (value.length > 0) return { value, source: 'prompt', quote: quoteOf(reading, parts.inputs.span) };
  }
  return { value: columns.map((column) => column.name).filter((name) => !outside.has(name)), source: 'default' };
}

function readMetrics(reading: Reading, parts: Parts, task: TaskKind, note: (code: string, span: Span) => void): readonly MetricWish[] {
  const wishes = new Map<MetricId, MetricWish>();
  for (const cue of parts.metricCues) {
    const found = resolveCue(cue, task, parts.metricCues);
    if (found === undefined) {
      if (!cue.needsNumber) note('METRIC_UNSUITED', cue);
      continue;
    }
    const span = cue.quantity === undefined ? cue : { from: Math.min(cue.from, cue.quantity.from), to: Math.max(cue.to, cue.quantity.to) };
    const known = wishes.get(found.metric);
    if (known === undefined || (known.threshold === undefined && found.threshold !== undefined)) wishes.set(found.metric, { ...found, source: 'prompt', quote: quoteOf(reading, span) });
  }
  if (wishes.size === 0) {
    const bare = bareThreshold(parts.rest, task);
    if (bare !== undefined) return [{ ...bare.wish, source: 'prompt', quote: quoteOf(reading, bare.quantity) }];
    return [{ metric: defaultMetric(task), source: 'default' }];
  }
  return [...wishes.values()];
}

/** A bound without the name of a score: "at least 90 %" is accuracy, "within 2" an error. */
function bareThreshold(rest: readonly Quantity[], task: TaskKind): { readonly quantity: Quantity; readonly wish: { readonly metric: MetricId; readonly threshold: number } } | undefined {
  for (const quantity of rest) {
    if (quantity.unit === 'bytes' || quantity.bound === 'none') continue;
    if (task === 'regression') {
      if (quantity.bound === 'within' && quantity.unit !== 'time') return { quantity, wish: quantity.unit === 'share' ? { metric: 'mape', threshold: quantity.value } : { metric: 'mae', threshold: quantity.value } };
    } else if (quantity.bound === 'min' && quantity.unit === 'share' && quantity.value <= 1) return { quantity, wish: { metric: 'accuracy', threshold: quantity.value } };
    else if (quantity.bound === 'min' && quantity.unit === 'none' && quantity.value < 1) return { quantity, wish: { metric: defaultMetric(task), threshold: quantity.value } };
  }
  return undefined;
}

function learnersAsked(reading: Reading): readonly ('linear' | 'trees')[] {
  const found: ('linear' | 'trees')[] = [];
  if (/(?<![\p{L}])(?:logistic|linear (?:model|regression)|ridge|lasso|glm)(?![\p{L}])/u.test(reading.text)) found.push('linear');
  if (/(?<![\p{L}])(?:(?:decision |boosted |gradient )trees?|random forest|gradient boost\p{L}*|xgboost|lightgbm|catboost|gbm|gbdt|trees)(?![\p{L}])/u.test(reading.text)) found.push('trees');
  return found;
}

function profileOf(profile: TableProfile, name: string): ColumnProfile {
  return profile.columns.find((column) => column.name === name)!;
}

function rejected(code: RejectCode, evidence: Extract<Understanding, { kind: 'reject' }>['reject']['evidence']): Understanding {
  return { kind: 'reject', reject: { code, evidence } };
}

function clarify(code: ClarifyCode, options: readonly string[], columns: readonly NamedColumn[]): Understanding {
  const all = options.length > 0 ? options : columns.map((column) => column.name);
  const question: Clarification = {
    id: 'target',
    question: code === 'LANGUAGE' ? 'The request could not be read: it is understood in English only. Which column should be predicted?' : 'Which column should be predicted?',
    options: all,
    default: all[0]!,
    changes: 'The target decides the kind of model, the metric and which columns may be inputs.',
  };
  return { kind: 'clarify', code, clarify: [question] };
}

function checkFixed(profile: TableProfile, fixed: FixedAnswers): void {
  const names = new Set(profile.columns.map((column) => column.name));
  const asked = [fixed.target, fixed.weight, fixed.group, fixed.time, fixed.entity, ...(fixed.inputs ?? []), ...(fixed.ignore ?? [])];
  for (const name of asked) {
    if (name === undefined || names.has(name)) continue;
    throw new TrainerError('COLUMN_UNKNOWN', `Expected a column of the data, got "${name}". Use one of: ${[...names].slice(0, 20).join(', ')}${names.size > 20 ? ', …' : ''}.`, { details: { column: name } });
  }
}
