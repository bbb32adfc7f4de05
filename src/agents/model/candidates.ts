import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage } from '../../core/stage.ts';
import type { Schema } from '../../core/standard-schema.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { balanced } from '../../tools/learn/class-weights.ts';
import type { Axis, Configuration, SearchSpace } from '../../tools/learn/learner.ts';
import type { Candidate } from '../../tools/search/search-state.ts';
import { fileWithin } from '../../tools/serve/estimate.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Reduced } from '../data/reduce.ts';
import { learnerFamilies } from '../task/plan/plan.ts';
import { type Planned, stepOf } from '../task/stages/plan.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import { balanceQuestion } from './balance.ts';
import { expectations, expectationsSchema } from './expectations.ts';
import { candidatesPrompt } from './prompts/candidates.ts';
import { configurationsPrompt } from './prompts/configurations.ts';
import { searchShare } from './search.ts';
import { backendSentence, listLearners, trainingBackendSchema } from './training-backend.ts';

/** What the choice of learners is made from. */
export interface CandidatesSubject {
  readonly task: string;
  readonly rowCount: number;
  readonly numberCount: number;
  readonly categoryCount: number;
  readonly missingShare: number;
  /** Learners that can learn this kind of task, as the trainer has them. */
  readonly available: readonly { readonly name: string; readonly about: string }[];
  /** Learners that the plan names. */
  readonly planned: readonly string[];
}

/** Which learners are tried, in which order. The baseline is always measured beside them. */
export const candidatesQuestion = defineQuestion({
  id: 'model.candidates',
  about: candidatesPrompt.about,
  prompt: candidatesPrompt,
  tools: ['trials'],
  facts: (subject: CandidatesSubject) => ({ ...subject }),
  answer: ({ available }) =>
    z.strictObject({
      learners: z
        .array(z.enum(available.map(({ name }) => name) as [string, ...string[]]))
        .min(1)
        .max(Math.min(20, available.length)),
    }),
  rule: ({ available, planned }) => {
    const names = available.map(({ name }) => name);
    const wanted = planned.filter((name) => names.includes(name));
    const own = names.filter((name) => !(learnerFamilies as readonly string[]).includes(name));
    const learners = wanted.length > 0 ? [...new Set([...wanted, ...own])] : names;
    return {
      answer: { learners },
      why:
        wanted.length > 0
          ? 'The plan names them, and own learners are always tried.'
          : 'All learners that can learn this kind of task.',
    };
  },
  check: ({ learners }) =>
    new Set(learners).size < learners.length ? [{ path: 'learners', message: 'Expected each learner once.' }] : [],
  language: 'always',
});

/** What further configurations are chosen from. */
export interface ConfigurationsSubject {
  readonly spaces: Readonly<Record<string, SearchSpace>>;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Configurations to try beside the rules' own; each is judged on the same folds. */
export const configurationsQuestion = defineQuestion({
  id: 'model.configurations',
  about: configurationsPrompt.about,
  prompt: configurationsPrompt,
  tools: ['trials'],
  facts: (subject: ConfigurationsSubject) => ({ spaces: subject.spaces as never, data: subject.facts }),
  answer: ({ spaces }): Schema<ConfigurationsAnswer> =>
    z.strictObject({
      configurations: z.array(z.discriminatedUnion('learner', configurationsOf(spaces))).max(6),
    }) as unknown as Schema<ConfigurationsAnswer>,
  rule: () => ({ answer: { configurations: [] }, why: 'The samples of the search spaces are enough.' }),
  language: 'always',
});

/** Configurations by learner; values that are not named are the learner's usual ones. */
export interface ConfigurationsAnswer {
  readonly configurations: readonly { readonly learner: string; readonly values: Configuration }[];
}

/** The closed form of a configuration of each learner: its axes, each with its bounds or options. */
function configurationsOf(spaces: ConfigurationsSubject['spaces']) {
  const forms = Object.entries(spaces).map(([learner, space]) => {
    const axes = Object.entries(space).map(([name, axis]) => [name, axisSchema(axis).optional()] as const);
    return z.strictObject({ learner: z.literal(learner), values: z.strictObject(Object.fromEntries(axes)) });
  });
  return forms as [(typeof forms)[number], ...typeof forms];
}

function axisSchema(axis: Axis): z.ZodType {
  if (axis.kind === 'choice') return z.literal([...axis.options] as [string, ...string[]]);
  return (axis.kind === 'integer' ? z.int() : z.number()).min(axis.low).max(axis.high);
}

export const candidatesSchema = z.object({
  learners: z.array(z.string()),
  /** Those that run on the host's thread. */
  onHost: z.array(z.string()),
  /** Blob of the candidates of the rules, the baseline first. */
  candidates: z.string(),
  /** Blob of candidates that a language model or the host asked for: tried after the rules' own, on a budget of their own. */
  extra: z.string(),
  count: z.number(),
  /** Learners that the plan names and this machine can't run. */
  missing: z.array(z.object({ learner: z.string(), why: z.string() })).default([]),
  /** Where networks train; absent where the host gave no backends, or none of the learners needs one. */
  backend: trainingBackendSchema.optional(),
  /** How the fits count rows; absent without classes, and in runs of earlier versions. */
  classWeight: z.enum(['none', 'balanced']).optional(),
  /** What training and each learner's model are expected to take; absent in runs of earlier versions. */
  expected: expectationsSchema.optional(),
});

export type CandidatesMessage = z.infer<typeof candidatesSchema>;

/** Samples of a space, beside its default: what the plan says, for own learners as many as for trees. */
export function samplesOf(planned: Planned, learner: string): number {
  if (learner === 'baseline') return 0;
  const family = learnerFamilies.find((name) => name === learner) ?? 'trees';
  return (stepOf(planned, family)?.trials ?? 1) - 1;
}

/** Chooses learners and lists what may be tried. */
export const candidatesStage = defineStage<CandidatesMessage>({
  name: 'model.candidates',
  agent: 'model',
  to: 'model',
  output: candidatesSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const prepared = context.message<Prepared>('data.prepare')!;
    const planned = context.message<Planned>('task.plan')!;
    const { learnRows } = context.message<Reduced>('data.reduce')!;
    const sample = learnRows === undefined ? {} : { learnRows };
    const { names, onHost, backend } = await listLearners(context);
    const { sizeBytes, latencyMs, memoryBytes } = spec.limits;
    // Memory is that of the process and of what a file becomes in it.
    const sizes = [
      ...(sizeBytes === undefined ? [] : [sizeBytes.value]),
      ...(memoryBytes === undefined ? [] : [fileWithin(memoryBytes.value)]),
    ];
    const limits =
      sizes.length === 0 && latencyMs === undefined
        ? {}
        : {
            limits: {
              ...(sizes.length === 0 ? {} : { sizeBytes: Math.min(...sizes) }),
              ...(latencyMs === undefined ? {} : { latencyMs: latencyMs.value }),
            },
          };
    const proposeFor = (learner: string, rest: { count: number; wanted?: Configuration[] }) =>
      callAction(
        context,
        'propose',
        { set: prepared.set, learner, seed: `${context.input.seed}/${learner}`, ...sample, ...limits, ...rest },
        { onHost: onHost.includes(learner) },
      );
    const proposals = new Map<string, OutputOf<'propose'>>();
    for (const name of names) proposals.set(name, await proposeFor(name, { count: samplesOf(planned, name) }));

    const missing = planned.learners.flatMap((learner) => {
      const why = proposals.get(learner)?.missing;
      return why === undefined ? [] : [{ learner, why }];
    });
    const available = names.filter((name) => name !== 'baseline' && proposals.get(name)!.fits);
    const subject: CandidatesSubject = {
      task: spec.task.value,
      rowCount: prepared.rowCount,
      numberCount: prepared.numberCount,
      categoryCount: prepared.categoryCount,
      missingShare: prepared.missingShare,
      available: available.map((name) => ({ name, about: proposals.get(name)!.about })),
      planned: planned.learners,
    };
    const asked = (await context.ask(candidatesQuestion, subject)).learners;
    // A language model adds learners; it does not take away what the rule would have tried.
    const isAdded = context.decidedBy(candidatesQuestion.id) === 'llm';
    const main = isAdded ? candidatesQuestion.rule(subject).answer.learners : asked;
    const added = asked.filter((name) => !main.includes(name));
    const learners = [...main, ...added];
    const { configurations } = await context.ask(configurationsQuestion, {
      spaces: Object.fromEntries(learners.map((name) => [name, proposals.get(name)!.space])),
      facts: {
        task: spec.task.value,
        rows: prepared.rowCount,
        numbers: prepared.numberCount,
        categories: prepared.categoryCount,
      },
    });
    const { classWeight } =
      prepared.task === 'regression'
        ? { classWeight: undefined }
        : await context.ask(balanceQuestion, {
            metric: spec.metrics[0]!.metric,
            classes: prepared.classes.length,
            ...(spec.classWeight === undefined
              ? {}
              : { asked: spec.classWeight.value, source: spec.classWeight.source }),
          });
    // The baseline tells what the data are like, so it counts them as they come.
    const weighed = (candidates: readonly Candidate[]): Candidate[] =>
      candidates.map((candidate) =>
        classWeight === 'balanced' && candidate.learner !== 'baseline'
          ? { ...candidate, configuration: balanced(candidate.configuration) }
          : candidate,
      );
    const isTrained = learners.some((name) => proposals.get(name)?.onBackend === true);
    const told = isTrained ? backend : undefined;
    const extra: Candidate[] = [];
    for (const { learner, values } of configurations) {
      const { candidates } = await proposeFor(learner, { count: 0, wanted: [values] });
      extra.push(candidates[1]!);
    }
    extra.push(...interleave(added.map((name) => proposals.get(name)!.candidates)));
    const all = interleave(['baseline', ...main].map((name) => proposals.get(name)!.candidates));
    const units = context.budget.left * searchShare;
    const expected = await expectations(context, prepared, proposals, {
      learners: ['baseline', ...learners],
      units,
      backend: backend?.name ?? 'onnx',
    });
    return {
      message: {
        learners: ['baseline', ...learners],
        onHost: [...onHost],
        candidates: await context.putJson(weighed(all) as never),
        extra: await context.putJson(weighed(extra) as never),
        count: all.length + extra.length,
        missing,
        ...(told === undefined ? {} : { backend: told }),
        ...(classWeight === undefined ? {} : { classWeight }),
        expected,
      },
      summary: [
        `${all.length + extra.length} candidates of ${learners.join(', ')}.`,
        ...(classWeight === 'balanced' ? ['Every class counts alike in their fits.'] : []),
        ...(told === undefined ? [] : [backendSentence(told)]),
        ...missing.map(({ learner, why }) => `Without "${learner}": ${why}`),
      ].join(' '),
    };
  },
});

/** The first of each list, then the second of each, and so on. */
export function interleave(lists: readonly (readonly Candidate[])[]): Candidate[] {
  const all: Candidate[] = [];
  for (let turn = 0; lists.some((list) => turn < list.length); turn++) {
    for (const list of lists) if (list[turn] !== undefined) all.push(list[turn]!);
  }
  return all;
}
