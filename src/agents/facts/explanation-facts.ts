import type { MetricId, TaskSpec } from '../../core/task-spec.ts';
import type { ExplainedValues } from '../../tools/actions/explain.ts';
import type { Where } from '../../tools/evaluate/column-parts.ts';
import type { ExplanationFacts } from '../../tools/report/explanation-facts.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Evaluated } from '../model/evaluate.ts';
import type { Explained } from '../model/explain.ts';
import type { Records } from './records.ts';

/** The values of the data that an explanation is about, from their blobs. */
export interface ExplanationValues {
  readonly explained: ExplainedValues;
  /** By column that the result should be fair to, in the order of the scores. */
  readonly groups: readonly (readonly Where[])[];
}

/** Why the model answers as it does, and where it errs: numbers of the messages beside values of their blobs. */
export function explanationFacts(
  messages: ReadonlyMap<string, unknown>,
  spec: TaskSpec | undefined,
  records: Records,
  values: ExplanationValues | undefined,
): ExplanationFacts | undefined {
  const explained = messages.get('model.explain') as Explained | undefined;
  const evaluated = messages.get('model.evaluate') as Evaluated | undefined;
  const prepared = messages.get('data.prepare') as Prepared | undefined;
  if (explained === undefined || prepared === undefined || spec === undefined || values === undefined) return undefined;
  const { slices, dependence, worst } = values.explained;
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
      columns: explained.dependence.map(({ points, ...column }, i) => ({
        ...column,
        points: points.map((point, j) => ({ at: dependence[i]![j]!, ...point })),
      })) as ExplanationFacts['dependence']['columns'],
      ...record,
    },
    errors: {
      judged: explained.judged,
      wrong: explained.errors,
      classes: prepared.classes,
      loss: explained.loss,
      slices: {
        lookedAt: explained.slicesLookedAt,
        found: explained.slices.map(({ columns: _columns, ...slice }, i) => ({ where: slices[i]!, ...slice })),
        rows: explained.sliceRows,
      },
      worst: explained.worst as ExplanationFacts['errors']['worst'],
      ...(worst === undefined ? {} : { values: worst }),
      ...record,
    },
    groups: (vault?.groups ?? []).map(({ groups, ...scored }, i) => ({
      ...scored,
      groups: groups.map((score, j) => ({ where: values.groups[i]![j]!, ...score })),
      ...records.call('model.evaluate', 'evaluate'),
    })) as ExplanationFacts['groups'],
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
