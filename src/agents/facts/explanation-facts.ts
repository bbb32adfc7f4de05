import type { MetricId, TaskSpec } from '../../core/task-spec.ts';
import type { GroupScores } from '../../tools/evaluate/group-scores.ts';
import type { ExplanationFacts } from '../../tools/report/explanation-facts.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Evaluated } from '../model/evaluate.ts';
import type { Explained } from '../model/explain.ts';
import type { Records } from './records.ts';

/** Why the model answers as it does, and where it errs. */
export function explanationFacts(
  messages: ReadonlyMap<string, unknown>,
  spec: TaskSpec | undefined,
  records: Records,
  values: ExplanationFacts['errors']['values'],
): ExplanationFacts | undefined {
  const explained = messages.get('model.explain') as Explained | undefined;
  const evaluated = messages.get('model.evaluate') as Evaluated | undefined;
  const prepared = messages.get('data.prepare') as Prepared | undefined;
  if (explained === undefined || prepared === undefined || spec === undefined) return undefined;
  const record = records.call('model.explain', 'explain');
  const { importance, vault } = evaluated ?? {};
  const { learningCurve } = explained;
  return {
    ...(importance === undefined
      ? {}
      : {
          importance: {
            ...importance,
            metric: importance.metric as MetricId,
            on: vault === undefined ? ('learning' as const) : ('vault' as const),
            ...records.call('model.evaluate', 'importance'),
          },
        }),
    dependence: {
      rows: explained.dependenceRows,
      classes: prepared.task === 'binary' ? [prepared.classes[1]!] : prepared.classes,
      columns: explained.dependence as ExplanationFacts['dependence']['columns'],
      ...record,
    },
    errors: {
      judged: explained.judged,
      wrong: explained.errors,
      classes: prepared.classes,
      loss: explained.loss,
      slices: {
        lookedAt: explained.slicesLookedAt,
        found: explained.slices as ExplanationFacts['errors']['slices']['found'],
        rows: explained.sliceRows,
      },
      worst: explained.worst as ExplanationFacts['errors']['worst'],
      ...(values === undefined ? {} : { values }),
      ...record,
    },
    groups: ((vault?.groups ?? []) as readonly GroupScores[]).map((group) => ({
      ...group,
      ...records.call('model.evaluate', 'evaluate'),
    })),
    ...(learningCurve === undefined
      ? {}
      : {
          learningCurve: {
            ...learningCurve,
            metric: learningCurve.metric as MetricId,
            ...records.message('model.explain'),
          },
        }),
  };
}
