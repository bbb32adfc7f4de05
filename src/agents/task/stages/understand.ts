import { z } from 'zod';
import { TrainerError } from '../../../core/errors.ts';
import { modelForms } from '../../../core/helpers/model-forms.ts';
import { ownMetric, ownMetrics } from '../../../core/metric-scope.ts';
import { defineQuestion } from '../../../core/question.ts';
import { metricsBeside } from '../../../core/search-metric.ts';
import { defineStage, type StageContext } from '../../../core/stage.ts';
import { isError, type MetricId, type TaskKind, type TaskSpec } from '../../../core/task-spec.ts';
import type { ColumnProfile, TableProfile } from '../../../tools/data/profile/profile.ts';
import type { Collected } from '../../data/collect.ts';
import { type ShownCells, showCells } from '../../show-cells.ts';
import { assessUnderstanding } from '../assess/assess.ts';
import { metricsOfTask } from '../metrics-of-task.ts';
import { type LearnerFamily, learnerFamilies } from '../plan/plan.ts';
import { metricPrompt } from '../prompts/metric.ts';
import { targetPrompt } from '../prompts/target.ts';
import { isSigned } from '../understand/metrics.ts';
import { mostOf, withReachable } from '../understand/reachable.ts';
import { understandRequest } from '../understand/understand-request.ts';
import type { Clarification, ClarifyCode, FixedAnswers, Understanding } from '../understand/understanding.ts';

/** What the choice of the target is made from. */
export interface TargetSubject {
  readonly prompt: string;
  readonly clarification: Clarification;
  /** Why the target is open. */
  readonly code: ClarifyCode;
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly distinct: number }[];
  readonly profile?: TableProfile;
  readonly cells?: ShownCells;
}

/** Which column is predicted, where the request leaves it open. */
export const targetQuestion = defineQuestion({
  id: 'task.target',
  about: targetPrompt.about,
  prompt: targetPrompt,
  tools: ['column', 'columns'],
  facts: ({ prompt, clarification, columns }: TargetSubject) => ({
    prompt,
    likely: [...clarification.options],
    columns: columns.map((column) => ({ ...column })),
  }),
  answer: ({ columns }) => z.strictObject({ target: z.enum(columns.map(({ name }) => name) as [string, ...string[]]) }),
  rule: ({ clarification }) => ({
    answer: { target: clarification.default },
    why: clarification.question,
    unsure: true,
  }),
  language: 'unsure',
  open: ({ clarification, code }) => ({
    changes: clarification.changes,
    options: clarification.options.map((target) => ({ target })),
    reason: { code, evidence: { options: clarification.options, default: clarification.default } },
  }),
});

/** What the choice of the metric is made from. */
export interface MetricSubject {
  readonly prompt: string;
  readonly task: string;
  readonly metric: MetricId;
  readonly threshold?: number;
  /** Whether the request named it. */
  readonly isDefault: boolean;
  /** The host's own metrics that the task could be judged by. */
  readonly own?: readonly { readonly metric: string; readonly about: string; readonly greaterIsBetter: boolean }[];
  /** The target's profile, over so many rows. */
  readonly target?: ColumnProfile;
  readonly rowCount?: number;
  readonly cells?: ShownCells;
}

/** Which metric is optimised, and what it must reach. */
export const metricQuestion = defineQuestion({
  id: 'task.metric',
  about: metricPrompt.about,
  prompt: metricPrompt,
  facts: ({ prompt, task, metric, threshold, isDefault, own = [] }: MetricSubject) => ({
    prompt,
    task,
    metric,
    ...(own.length === 0 ? {} : { own: [...own] }),
    ...(threshold === undefined ? {} : { threshold }),
    isDefault,
  }),
  answer: ({ task }) =>
    z.strictObject({
      metric: z.enum(metricsOfTask(task)),
      threshold: z.number().min(-1e12).max(1e12).optional(),
    }),
  rule: ({ metric, threshold, isDefault }) => ({
    answer: { metric: metric as string, ...(threshold === undefined ? {} : { threshold }) },
    why: isDefault ? 'The request names no metric; this is the usual one for the task.' : 'The request names it.',
    unsure: isDefault,
  }),
  check: ({ metric, threshold = 0 }) => {
    const id: MetricId = metric;
    if (threshold > mostOf(id)) return [{ path: 'threshold', message: 'Expected a share of at most 1.' }];
    return threshold < 0 && !isSigned(id)
      ? [{ path: 'threshold', message: 'Expected 0 or more: this metric is never negative.' }]
      : [];
  },
  language: 'unsure',
});

const sourced = <T extends z.ZodType>(value: T) =>
  z.object({ value, source: z.enum(['prompt', 'data', 'default', 'host', 'llm']), quote: z.string().optional() });
const text = sourced(z.string());
const positive = sourced(z.number());

const specSchema = z.object({
  formatVersion: z.literal(1),
  task: sourced(z.enum(['binary', 'multiclass', 'regression'])),
  target: text,
  positive: text.optional(),
  classWeight: sourced(z.enum(['none', 'balanced'])).optional(),
  inputs: sourced(z.array(z.string())),
  roles: z.object({
    weight: text.optional(),
    group: text.optional(),
    time: text.optional(),
    entity: text.optional(),
    ignore: z.array(text),
  }),
  metrics: z
    .array(
      z.object({
        metric: z.string(),
        threshold: z.number().optional(),
        source: z.enum(['prompt', 'data', 'default', 'host', 'llm']),
        quote: z.string().optional(),
      }),
    )
    .min(1),
  limits: z.object({
    latencyMs: positive.optional(),
    sizeBytes: positive.optional(),
    memoryBytes: positive.optional(),
    trainSeconds: positive.optional(),
  }),
  forms: z
    .array(
      z.object({
        form: z.enum(modelForms),
        source: z.enum(['prompt', 'data', 'default', 'host', 'llm']),
        quote: z.string().optional(),
      }),
    )
    .optional(),
  fairness: z.array(z.object({ column: z.string(), quote: z.string() })),
  unsupported: z.array(z.object({ code: z.string(), quote: z.string() })),
});

export const understoodSchema = z.object({ spec: specSchema, learners: z.array(z.enum(learnerFamilies)) });

export interface Understood {
  readonly spec: TaskSpec;
  readonly learners: readonly LearnerFamily[];
}

/** The task spec of this run; it does not change once it is understood. */
export function taskSpecOf(context: StageContext): TaskSpec {
  const understood = context.message<Understood>('task.understand');
  if (understood === undefined)
    throw new TrainerError('INTERNAL', 'Expected the request to be understood before this stage.');
  return understood.spec;
}

/** Columns with a role, by role. */
export function rolesOf(spec: TaskSpec): Readonly<Partial<Record<'weight' | 'group' | 'entity' | 'time', string>>> {
  const { weight, group, entity, time } = spec.roles;
  return {
    ...(weight === undefined ? {} : { weight: weight.value }),
    ...(group === undefined ? {} : { group: group.value }),
    ...(entity === undefined ? {} : { entity: entity.value }),
    ...(time === undefined ? {} : { time: time.value }),
  };
}

function ownFor(task: TaskKind): Pick<MetricSubject, 'own'> {
  const fitting = ownMetrics().filter(({ tasks }) => tasks.includes(task));
  if (fitting.length === 0) return {};
  return { own: fitting.map(({ name, about, greaterIsBetter }) => ({ metric: name, about, greaterIsBetter })) };
}

const cellsIn = (cells: ShownCells | undefined) => (cells === undefined ? {} : { cells });

const noData: TableProfile = { rowCount: 0, columns: [], duplicateRows: 0 };

/** Reads the request against the columns of the data. */
export const understandStage = defineStage({
  name: 'task.understand',
  agent: 'task',
  to: 'data',
  output: understoodSchema as unknown as import('../../../core/standard-schema.ts').Schema<Understood>,
  async run(context) {
    const { data } = context.message<Collected>('data.collect')!;
    const profile = data === undefined ? noData : await context.blobJson<TableProfile>(data.profile);
    const { prompt } = context.input;
    const fixed = fixedOf(context);
    let understanding: Understanding = understandRequest({ prompt, profile, fixed });
    if (understanding.kind === 'clarify') {
      const [clarification] = understanding.clarify;
      const likely = profile.columns.filter(({ name }) => clarification!.options.includes(name));
      const { target } = await context.ask(targetQuestion, {
        prompt,
        clarification: clarification!,
        code: understanding.code,
        columns: profile.columns.map(({ name, kind, distinct }) => ({ name, kind, distinct })),
        profile,
        ...cellsIn(await showCells(context, data!.table, likely)),
      });
      understanding = understandRequest({ prompt, profile, fixed: { ...fixed, target } });
    }
    if (understanding.kind !== 'spec') context.decline(assessUnderstanding(understanding));
    const { spec: understood, learners, unread = 0 } = understanding as Extract<Understanding, { kind: 'spec' }>;
    checkFixed(understood, fixed);
    const spec = withReachable(understood);
    const [main, ...others] = spec.metrics;
    const { metric, threshold } = await context.ask(metricQuestion, {
      prompt,
      task: spec.task.value,
      metric: main!.metric,
      ...(main!.threshold === undefined ? {} : { threshold: main!.threshold }),
      isDefault: main!.source === 'default',
      ...ownFor(spec.task.value),
      target: profile.columns.find(({ name }) => name === spec.target.value)!,
      rowCount: profile.rowCount,
      ...(main!.source === 'default'
        ? cellsIn(await showCells(context, data!.table, [{ name: spec.target.value }]))
        : {}),
    });
    const isSame = metric === main!.metric && threshold === main!.threshold;
    const chosen = isSame
      ? main!
      : {
          metric: metric as TaskSpec['metrics'][number]['metric'],
          ...(threshold === undefined ? {} : { threshold }),
          source: context.decidedBy(metricQuestion.id) === 'llm' ? ('llm' as const) : ('host' as const),
        };
    const wished = [chosen, ...others.filter((other) => other.metric !== metric)];
    const beside = metricsBeside(chosen.metric, spec.task.value)
      .filter((one) => wished.every((wish) => wish.metric !== one))
      .map((one) => ({ metric: one, source: 'default' as const }));
    const final: TaskSpec = { ...spec, metrics: [...wished, ...beside] };
    return {
      message: { spec: final, learners },
      summary: `${final.task.value}: predict "${final.target.value}" from ${final.inputs.value.length} columns; ${final.metrics.map((wish) => (wish.threshold === undefined ? wish.metric : `${wish.metric} ${isError(wish.metric) ? '≤' : '≥'} ${wish.threshold}`)).join(', ')}${final.forms === undefined ? '' : `; as ${final.forms.map(({ form }) => form).join(', ')}`}.${unread > 0 ? ` ${unread} characters of the prompt repeat others, or were too many to be read.` : ''}`,
    };
  },
});

/**
 * Refuses fields that the host fixed and that do not fit each other.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
function checkFixed(spec: TaskSpec, { metrics, ...fixed }: FixedAnswers): void {
  const target = spec.target.value;
  for (const role of ['weight', 'group', 'time'] as const) {
    if (fixed[role] !== target) continue;
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected \`task.${role}\` to be another column than the target, got "${target}" for both.`,
      { details: { role, column: target } },
    );
  }
  if (fixed.ignore?.includes(target) === true) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected \`task.ignore\` without the target, got "${target}" in it. The target is never an input.`,
      { details: { column: target } },
    );
  }
  const task = spec.task.value;
  if (fixed.classWeight === 'balanced' && task === 'regression') {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected \`task.classWeight\` of a task with classes, but "${target}" makes it a regression task. Leave it out, or name another target.`,
      { details: { task } },
    );
  }
  for (const { metric, threshold } of metrics ?? []) {
    const fitting = metricsOfTask(task);
    if (!fitting.includes(metric)) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected \`task.metric\` to be one of ${fitting.join(', ')}, because "${target}" makes it a ${task} task, got ${metric}.`,
        { details: { metric, task } },
      );
    }
    const limit = mostOf(metric);
    const least = ownMetric(metric) === undefined ? 0 : -limit;
    if (threshold !== undefined && !(threshold >= least && threshold <= limit)) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected \`task.threshold\` of ${metric} to be from ${least} to ${limit}, got ${threshold}.`,
        { details: { metric, threshold } },
      );
    }
  }
}

function fixedOf({ input }: StageContext): FixedAnswers {
  const { metric, threshold, ...rest } = input.task ?? {};
  const defined = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...defined,
    ...(input.forms === undefined ? {} : { forms: input.forms }),
    ...(metric === undefined ? {} : { metrics: [{ metric, ...(threshold === undefined ? {} : { threshold }) }] }),
  };
}
