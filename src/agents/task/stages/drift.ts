import { z } from 'zod';
import { TrainerError } from '../../../core/errors.ts';
import { defineQuestion } from '../../../core/question.ts';
import { defineStage } from '../../../core/stage.ts';
import { alarmsOf, type DriftEvent, driftEventSchema } from '../../../tools/serve/drift/drift-event.ts';
import { driftPrompt } from '../prompts/drift.ts';

const actions = ['keep', 'check-source', 'collect-outcomes', 'retrain'] as const;

/** What can be done about drift. */
export type DriftAction = (typeof actions)[number];

/** What the choice is made from: names and measures of a drift event. */
export interface DriftSubject {
  readonly task: string;
  readonly metric?: string;
  readonly watchedColumns: number;
  readonly windowRows?: number;
  /** Columns in alarm, farthest from training first. */
  readonly drifted: readonly { readonly column: string; readonly alarms: readonly string[] }[];
  readonly predictionAlarms: readonly string[];
  /** What outcomes say; absent where there are too few to say anything. */
  readonly score?: { readonly metric: string; readonly count: number; readonly isWorse: boolean };
  /** Of each column in alarm, then of the predictions, with three digits. */
  readonly measures: readonly {
    readonly of: string;
    readonly psi: number;
    readonly psiLimit: number;
    readonly missing: readonly [training: number, window: number];
    readonly unseen?: readonly [training: number, window: number];
  }[];
}

/** Outcomes from which on it counts that the score has held. */
const enoughOutcomes = 50;

/** What is done about drift. */
export const driftQuestion = defineQuestion({
  id: 'task.drift',
  about: driftPrompt.about,
  prompt: driftPrompt,
  facts: (subject: DriftSubject) => JSON.parse(JSON.stringify(subject)) as never,
  answer: () => z.strictObject({ action: z.enum(actions) }),
  rule: ({ drifted, predictionAlarms, score }) => {
    const has = (reason: string) => drifted.some(({ alarms }) => alarms.includes(reason));
    if (has('missing'))
      return {
        answer: { action: 'check-source' as const },
        why: 'A column is missing more often than in training: that is more often a fault on the way than a change in the world, and a model that is trained on it would learn the fault.',
      };
    if (score?.isWorse === true)
      return {
        answer: { action: 'retrain' as const },
        why: 'Outcomes say that the model is worse than it was measured to be.',
      };
    if (score !== undefined && score.count >= enoughOutcomes)
      return {
        answer: { action: 'keep' as const },
        why: 'Outcomes say that the model is as good as it was measured to be, in spite of the drift.',
      };
    if (predictionAlarms.length > 0 || has('unseen'))
      return {
        answer: { action: 'retrain' as const },
        why: 'The predictions, or the values of a column, are not those that the model learnt from, and no outcomes say that it still holds.',
        unsure: true,
      };
    return {
      answer: { action: 'collect-outcomes' as const },
      why: 'Columns have moved, but the predictions have not: only outcomes can say whether the model still holds.',
      unsure: true,
    };
  },
  check: ({ action }, { score }) =>
    action === 'keep' && score?.isWorse === true
      ? [{ path: 'action', message: 'Expected something to be done: outcomes say that the model is worse.' }]
      : [],
  language: 'unsure',
});

/** The subject of an event. */
export function subjectOfDrift(event: DriftEvent): DriftSubject {
  const { model, windowRows, columns, prediction, score } = event;
  const round = (value: number): number => Number(value.toPrecision(3));
  const measured = (of: string, measure: (typeof columns)[number] | NonNullable<typeof prediction>) => ({
    of,
    psi: round(measure.psi),
    psiLimit: round(measure.psiLimit),
    missing: [round(measure.missing.training), round(measure.missing.window)] as const,
    ...(measure.unseen === undefined
      ? {}
      : { unseen: [round(measure.unseen.training), round(measure.unseen.window)] as const }),
  });
  return {
    task: model.task,
    ...(model.metric === undefined ? {} : { metric: model.metric }),
    watchedColumns: model.columns,
    ...(windowRows === undefined ? {} : { windowRows }),
    drifted: columns.map(({ column, alarms }) => ({ column, alarms })),
    predictionAlarms: prediction?.alarms ?? [],
    // Without what was measured before, outcomes can't say that they are worse.
    ...(score?.expected === undefined
      ? {}
      : { score: { metric: score.metric, count: score.count, isWorse: score.isWorse } }),
    measures: [
      ...columns.map((column) => measured(column.column, column)),
      ...(prediction === undefined ? [] : [measured('the predictions', prediction)]),
    ],
  };
}

export const consideredSchema = z.object({ action: z.enum(actions) });

/** Decides what is done about a drift event: the one step of a run that was begun with one. */
export const driftStage = defineStage<z.infer<typeof consideredSchema>>({
  name: 'task.drift',
  agent: 'task',
  to: 'task',
  output: consideredSchema,
  async run(context) {
    const event = checkDriftEvent(context.input.drift);
    const { action } = await context.ask(driftQuestion, subjectOfDrift(event));
    return { message: { action }, summary: driftSentences[action] };
  },
});

/** What each action means, in one sentence. */
export const driftSentences: Readonly<Record<DriftAction, string>> = {
  keep: 'Keep the model.',
  'check-source': 'Look at where the data come from before anything else.',
  'collect-outcomes': 'Collect outcomes before the model is trained again.',
  retrain: 'Train again, on recent rows.',
};

/**
 * An event as a service gave it, perhaps through a queue.
 *
 * @throws {TrainerError} REQUEST_INVALID where it is none, or nothing in it is in alarm
 */
export function checkDriftEvent(value: unknown): DriftEvent {
  const parsed = driftEventSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected a drift event as a service gives it to \`onDrift\`, but ${issue?.path.join('.') || 'it'}: ${issue?.message}.`,
    );
  }
  if (alarmsOf(parsed.data).length > 0) return parsed.data;
  throw new TrainerError(
    'REQUEST_INVALID',
    'Expected a drift event with something in alarm, got one with nothing. There is nothing to decide; wait for the next.',
  );
}
