import { ownMetric } from '../../../core/metric-scope.ts';
import type { ClassWeightWish } from './class-weight.ts';
import { findExclusions, findInputs } from './exclusions.ts';
import { findFairness } from './fairness.ts';
import { type FormWish, findForms } from './forms.ts';
import { findLimits } from './limits.ts';
import type { Mention, NamedColumn } from './mention.ts';
import { findMetricCues, type MetricCue, numberMetrics } from './metrics.ts';
import { findQuantities, type Quantity } from './quantities.ts';
import { overlaps, type Reading, type Span } from './reading.ts';
import { findRoles } from './roles.ts';
import { findKindCues, type KindCues } from './task-kind.ts';

/** Everything of a request that does not depend on the target. */
export interface Parts {
  readonly cues: KindCues;
  readonly metricCues: readonly MetricCue[];
  readonly metricKind: 'classes' | 'number' | undefined;
  readonly rest: readonly Quantity[];
  readonly limits: ReturnType<typeof findLimits>;
  readonly exclusions: ReturnType<typeof findExclusions>;
  readonly roles: ReturnType<typeof findRoles>;
  readonly fairness: ReturnType<typeof findFairness>;
  readonly forms: readonly FormWish[];
  readonly inputs: ReturnType<typeof findInputs>;
  readonly classWeight: ClassWeightWish | undefined;
  /** Columns with another part than the target, and how much that speaks against them. */
  readonly apart: ReadonlyMap<string, number>;
  readonly taken: readonly Span[];
}

/** Reads numbers, scores, limits, roles, exclusions, fairness and inputs. */
export function readParts(
  reading: Reading,
  columns: readonly NamedColumn[],
  mentions: readonly Mention[],
  classWeight?: ClassWeightWish,
): Parts {
  const quantities = findQuantities(reading);
  const names = mentions.filter((mention) => mention.by === 'name' && mention.quality > 0.9);
  // "Off" of a class "charged off" is no error.
  const labels = mentions.filter((mention) => mention.by === 'value' && mention.to - mention.from >= 2);
  const forms = findForms(reading, mentions);
  // "Half precision" is no score, and "16-bit" no bound.
  const { cues: metricCues, rest: unused } = findMetricCues(
    reading,
    quantities.filter((quantity) => !forms.some((form) => overlaps(form, quantity))),
    [...names, ...labels, ...forms],
  );
  const limits = findLimits(reading, unused);
  const rest = unused.filter((quantity) => !limits.some((limit) => limit.quantity === quantity));
  const roles = findRoles(reading, columns, mentions);
  const fair = findFairness(reading, columns, mentions);
  // "Treat all classes alike" is no wish between people, and "don't ignore the rare class" names no column.
  const isOther = (span: Span): boolean => classWeight === undefined || !overlaps(span, classWeight);
  const fairness = { ...fair, unknown: fair.unknown.filter(isOther) };
  const excluded = findExclusions(reading, mentions);
  const exclusions = { ...excluded, unknown: excluded.unknown.filter(isOther) };
  const wishes = [roles.weight, roles.group, roles.time, roles.entity].filter((wish) => wish !== undefined);
  const taken: Span[] = [...exclusions.wishes, ...wishes, ...fairness.wishes, ...forms];
  if (classWeight !== undefined) taken.push(classWeight);
  const classLike = new Set(columns.filter(isClassLike).map((column) => column.name));
  const inputs = findInputs(reading, mentions, [...exclusions.wishes, ...wishes], classLike);
  if (inputs !== undefined) taken.push(inputs.span);
  // A whole clause that wishes a score ("when it says that a parcel comes back, it is right") names its target itself.
  for (const cue of metricCues)
    if (cue.to - cue.from <= 6 && !names.some((name) => overlaps(name, cue))) taken.push(cue);
  const apart = new Map<string, number>();
  for (const name of inputs?.columns ?? []) apart.set(name, -40);
  for (const { column } of fairness.wishes) apart.set(column, -30);
  for (const { column } of [...exclusions.wishes, ...wishes]) apart.set(column, -200);
  const kinds = new Set(metricCues.map(kindOfCue).filter((kind) => kind !== undefined));
  const metricKind = kinds.size === 1 ? [...kinds][0] : undefined;
  return {
    cues: findKindCues(reading),
    metricCues,
    metricKind,
    rest,
    limits,
    exclusions,
    roles,
    fairness,
    forms,
    inputs,
    classWeight,
    apart,
    taken,
  };
}

/** Classes, or numbers of few values. */
function isClassLike({ profile }: NamedColumn): boolean {
  return profile.kind === 'category' || profile.kind === 'boolean' || profile.distinct <= 20;
}

function kindOfCue(cue: MetricCue): 'classes' | 'number' | undefined {
  if (cue.cue === 'wrong' || cue.cue === 'right' || cue.cue === 'auto') return undefined;
  if (cue.cue === 'error') return cue.quantity?.unit === 'share' ? undefined : 'number';
  if (cue.cue === 'gini') return 'classes';
  const own = ownMetric(cue.cue);
  if (own !== undefined) return own.needs === 'values' ? 'number' : 'classes';
  return cue.cue === 'mse' || numberMetrics.has(cue.cue) ? 'number' : 'classes';
}
