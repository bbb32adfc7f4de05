import type {
  AskedForm,
  ClassWeight,
  MetricId,
  MetricWish,
  Sourced,
  TaskKind,
  TaskSpec,
} from '../../../core/task-spec.ts';
import type { ColumnProfile, TableProfile } from '../../../tools/data/profile/profile.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { defaultMetric, resolveCue } from './metrics.ts';
import type { Parts } from './parts.ts';
import type { Quantity } from './quantities.ts';
import { overlaps, quoteOf, type Reading, type Span } from './reading.ts';
import { positiveOf } from './task-kind.ts';
import type { FixedAnswers } from './understanding.ts';
import { findBesides } from './unsupported.ts';

/** What a spec is written from. */
export interface SpecParts {
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

/** Writes the spec, every field with its source. */
export function writeSpec({
  reading,
  profile,
  columns,
  mentions,
  parts,
  fixed,
  target,
  task,
  language,
}: SpecParts): TaskSpec {
  const unsupported: { code: string; quote: string }[] = findBesides(reading)
    .filter(
      (wish) =>
        !parts.metricCues.some((cue) => overlaps(cue, wish)) &&
        !parts.forms.some((form) => overlaps(form, wish)) &&
        !mentions.some((mention) => mention.by === 'name' && overlaps(mention, wish)),
    )
    .map((wish) => ({ code: wish.code, quote: quoteOf(reading, wish) }));
  const note = (code: string, span: Span): void => void unsupported.push({ code, quote: quoteOf(reading, span) });
  // "No dependencies" leaves out no column.
  for (const span of parts.exclusions.unknown)
    if (!parts.forms.some((form) => overlaps(form, span))) note('EXCLUSION_NOT_FOUND', span);
  for (const span of parts.roles.unknown) note('ROLE_NOT_FOUND', span);
  for (const span of parts.fairness.unknown) note('FAIRNESS_NOT_FOUND', span);
  const { classes } = parts.cues;
  // Asked in so many words, and the column holds more numbers than classes are made of.
  if (classes !== undefined && task.value === 'regression' && task.source !== 'host') {
    const said = quoteOf(reading, classes);
    // "How many classes" are counted.
    const isWord = parts.cues.number === undefined && /^class(?:es)?$/iu.test(said);
    if (isWord || /^(?:classif|multi-?class|categori[sz]e)/iu.test(said)) note('CLASSES_OF_NUMBER', classes);
  }
  if (language !== 'en') unsupported.push({ code: 'LANGUAGE', quote: reading.prompt.slice(0, 80) });
  const metrics = fixed.metrics
    ? fixed.metrics.map((wish): MetricWish => ({ ...wish, source: 'host' }))
    : readMetrics(
        reading,
        parts,
        task.value,
        columns.find((column) => column.name === target.value)?.units ?? [],
        note,
      );
  const said = (span: Span & { column: string }): Sourced<string> => ({
    value: span.column,
    source: 'prompt',
    quote: quoteOf(reading, span),
  });
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
  for (const wish of parts.limits)
    limits[wish.limit] = { value: wish.value, source: 'prompt', quote: quoteOf(reading, wish.quantity) };
  for (const [name, value] of Object.entries(fixed.limits ?? {}))
    if (value !== undefined) limits[name] = { value, source: 'host' };
  const positive =
    task.value === 'binary'
      ? fixed.positive !== undefined
        ? ({ value: fixed.positive, source: 'host' } as const)
        : positiveOf(profileOf(profile, target.value), reading)
      : undefined;
  const classWeight = weightOfClasses(parts, fixed, reading);
  if (classWeight?.value === 'balanced' && task.value === 'regression' && parts.classWeight !== undefined)
    note('BALANCE_OF_NUMBER', parts.classWeight);
  const forms: readonly AskedForm[] =
    fixed.forms?.map((form) => ({ form, source: 'host' })) ??
    parts.forms.map((wish) => ({ form: wish.form, source: 'prompt', quote: quoteOf(reading, wish) }));
  return {
    formatVersion: 1,
    task,
    target,
    ...(positive !== undefined && { positive }),
    ...(classWeight !== undefined && task.value !== 'regression' && { classWeight }),
    inputs: readInputs(reading, columns, parts, fixed, outside),
    roles,
    metrics,
    limits,
    ...(forms.length === 0 ? {} : { forms }),
    fairness: parts.fairness.wishes
      .filter((wish) => wish.column !== target.value)
      .map((wish) => ({ column: wish.column, quote: quoteOf(reading, wish) })),
    unsupported,
  };
}

function weightOfClasses(
  { classWeight }: Parts,
  fixed: FixedAnswers,
  reading: Reading,
): Sourced<ClassWeight> | undefined {
  if (fixed.classWeight !== undefined) return { value: fixed.classWeight, source: 'host' };
  return classWeight && { value: classWeight.value, source: 'prompt', quote: quoteOf(reading, classWeight) };
}

function readInputs(
  reading: Reading,
  columns: readonly NamedColumn[],
  parts: Parts,
  fixed: FixedAnswers,
  outside: ReadonlySet<string>,
): Sourced<readonly string[]> {
  if (fixed.inputs !== undefined) return { value: fixed.inputs.filter((name) => !outside.has(name)), source: 'host' };
  if (parts.inputs?.restricts === true) {
    const value = columns
      .map((column) => column.name)
      .filter((name) => parts.inputs!.columns.includes(name) && !outside.has(name));
    if (value.length > 0) return { value, source: 'prompt', quote: quoteOf(reading, parts.inputs.span) };
  }
  return { value: columns.map((column) => column.name).filter((name) => !outside.has(name)), source: 'default' };
}

function readMetrics(
  reading: Reading,
  parts: Parts,
  task: TaskKind,
  units: readonly string[],
  note: (code: string, span: Span) => void,
): readonly MetricWish[] {
  const wishes = new Map<MetricId, MetricWish>();
  for (const cue of parts.metricCues) {
    const found = resolveCue(cue, task, parts.metricCues, units);
    if (found === undefined) {
      if (!cue.needsNumber) note('METRIC_UNSUITED', cue);
      continue;
    }
    const span =
      cue.quantity === undefined
        ? cue
        : { from: Math.min(cue.from, cue.quantity.from), to: Math.max(cue.to, cue.quantity.to) };
    const known = wishes.get(found.metric);
    if (known === undefined || (known.threshold === undefined && found.threshold !== undefined))
      wishes.set(found.metric, { ...found, source: 'prompt', quote: quoteOf(reading, span) });
  }
  if (wishes.size === 0) {
    const bare = bareThreshold(parts.rest, task);
    if (bare !== undefined) return [{ ...bare.wish, source: 'prompt', quote: quoteOf(reading, bare.quantity) }];
    return [{ metric: defaultMetric(task), source: 'default' }];
  }
  return [...wishes.values()];
}

/** A bound without the name of a score: "at least 90 %" is accuracy, "within 2" an error. */
function bareThreshold(
  rest: readonly Quantity[],
  task: TaskKind,
):
  | { readonly quantity: Quantity; readonly wish: { readonly metric: MetricId; readonly threshold: number } }
  | undefined {
  for (const quantity of rest) {
    if (quantity.unit === 'bytes' || quantity.bound === 'none') continue;
    if (task === 'regression') {
      if (quantity.bound === 'within' && quantity.unit !== 'time')
        return {
          quantity,
          wish:
            quantity.unit === 'share'
              ? { metric: 'mape', threshold: quantity.value }
              : { metric: 'mae', threshold: quantity.value },
        };
    } else if (quantity.bound === 'min' && quantity.unit === 'share' && quantity.value <= 1)
      return { quantity, wish: { metric: 'accuracy', threshold: quantity.value } };
    else if (quantity.bound === 'min' && quantity.unit === 'none' && quantity.value < 1)
      return { quantity, wish: { metric: defaultMetric(task), threshold: quantity.value } };
  }
  return undefined;
}

function profileOf(profile: TableProfile, name: string): ColumnProfile {
  return profile.columns.find((column) => column.name === name)!;
}
