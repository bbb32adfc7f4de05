import type { Json } from '../core/helpers/canonical-json.ts';

/** The one member of an answer that a person types, by question: `task.target=species` stands for `{"target":"species"}`. */
export const shortMembers: Readonly<Record<string, string>> = {
  'task.target': 'target',
  'task.metric': 'metric',
  'task.next': 'move',
  'task.drift': 'action',
  'data.sample': 'rows',
  'model.balance': 'classWeight',
  'model.ensemble': 'use',
  'model.compression': 'variant',
  'model.calibration': 'method',
  'model.decision': 'rule',
  'server.deployment': 'way',
};

const isScalar = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

/** An answer as the question takes it, from what was typed. */
export function fullAnswer(question: string, typed: Json): Json {
  const member = shortMembers[question];
  return member !== undefined && isScalar(typed) ? { [member]: typed } : typed;
}

/** An answer as a person types it. */
export function shortAnswer(question: string, answer: unknown): unknown {
  const member = shortMembers[question];
  if (member === undefined || typeof answer !== 'object' || answer === null) return answer;
  const entries = Object.entries(answer);
  const [only] = entries;
  return entries.length === 1 && only?.[0] === member && isScalar(only[1]) ? only[1] : answer;
}
