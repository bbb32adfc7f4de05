import type { LiveScores } from '../tools/serve/live-score.ts';
import { answer, bodyType, type Call, refuse } from './call.ts';
import { readJson } from './predict-records.ts';
import type { Route } from './service.ts';
import type { ServiceAnswer } from './service-request.ts';

/** Routes that take what turned out true, and give the score that it makes. */
export function outcomeRoutes(scores: LiveScores): readonly (readonly [string, Route])[] {
  const take = async (call: Call): Promise<ServiceAnswer> => {
    if (bodyType(call.request) !== 'application/json') return refuse(call, 'MEDIA_TYPE_UNSUPPORTED');
    const body = await readJson(call);
    if ('refused' in body) return body.refused;
    const outcomes: readonly unknown[] = Array.isArray(body.value) ? body.value : [body.value];
    const { records } = call.context.limits;
    if (outcomes.length > records) return refuse(call, 'TOO_MANY_RECORDS', { limit: records });
    const bad = outcomes.findIndex((outcome) => !isOutcome(outcome));
    if (bad >= 0)
      return refuse(call, 'OUTCOME_INVALID', {
        problems: [{ record: bad, problem: 'is not of this form' }],
      });
    const counts = { joined: 0, unknown: 0, repeated: 0, invalid: 0 };
    for (const { requestId, record = 0, truth } of outcomes as readonly Outcome[])
      counts[scores.join(requestId, record, truth)]++;
    return answer(call, JSON.stringify(counts));
  };
  const show = (call: Call): ServiceAnswer =>
    answer(call, JSON.stringify({ waiting: scores.waiting, scores: scores.scores() }));
  return [
    ['/v1/outcomes', { methods: ['POST'], scope: 'outcomes', answer: take }],
    ['/v1/scores', { methods: ['GET', 'HEAD'], scope: 'metrics', answer: show }],
  ];
}

interface Outcome {
  readonly requestId: string;
  /** Position of the record in its request. */
  readonly record?: number;
  readonly truth: string | number;
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null) return false;
  const { requestId, record = 0, truth } = value as Record<string, unknown>;
  return (
    typeof requestId === 'string' &&
    Number.isSafeInteger(record) &&
    (record as number) >= 0 &&
    ((typeof truth === 'string' && truth.length <= 1000) || (typeof truth === 'number' && Number.isFinite(truth)))
  );
}
