import type { Action, Decider } from './decider.ts';
import type { DecidedBy } from './events.ts';
import { Halt } from './halt.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { errorText } from './helpers/error-text.ts';
import type { Position } from './journal-record.ts';
import type { RunSession } from './run-session.ts';
import { type Problem, problemText } from './standard-schema.ts';

/** An answer on its way to a decision. */
export interface Proposed<Answer> {
  readonly answer: Answer;
  readonly by: DecidedBy;
  readonly why: string;
  readonly fallback?: string;
  /** The rule had nothing to go by. */
  readonly unsure?: boolean;
}

/** Checks an answer by the schema of its question and by the question itself. */
export type Check<Answer> = (
  value: unknown,
) => Promise<{ readonly value: Answer } | { readonly problems: readonly Problem[] }>;

/** Times that deciders may send a language model's answer back. */
const maxRetries = 2;

/**
 * Asks the deciders of a question, each with what the one before left.
 *
 * @param again asks the language model once more, with a remark
 * @throws {Halt} where one paused or stopped the run, or failed
 */
export async function consultDeciders<Answer>(
  session: RunSession,
  at: Position,
  question: { readonly id: string; readonly about: string },
  facts: Json,
  check: Check<Answer>,
  first: Proposed<Answer>,
  again: (at: Position, feedback: string) => Promise<Proposed<Answer>>,
): Promise<Proposed<Answer>> {
  let taken = first;
  let retries = 0;
  const halt = (why: string, code?: 'DECIDER_FAILED' | 'RETRY_WITHOUT_LLM') => {
    const proposal = JSON.parse(canonicalJson(taken.answer)) as Json;
    session.emit('decision-pending', { stage: at.stage, question: question.id, proposal, why });
    return new Halt({
      status: 'paused',
      why,
      ...(code === undefined ? {} : { code }),
      questions: [{ question: question.id, about: question.about, default: proposal, changes: question.about }],
    });
  };
  for (const decider of session.deciders.get(question.id) ?? []) {
    let action: Action<Answer>;
    for (;;) {
      try {
        action = await callDecider(session, decider as Decider<Answer>, { at, question, facts, taken });
      } catch (error) {
        session.signal.throwIfAborted();
        throw halt(`A decider of "${question.id}" failed: ${errorText(error)}`, 'DECIDER_FAILED');
      }
      if (action.action !== 'retry') break;
      if (taken.by !== 'llm')
        throw halt(
          `A decider of "${question.id}" asked for a retry, but no language model answered.`,
          'RETRY_WITHOUT_LLM',
        );
      if (retries++ >= maxRetries)
        throw halt(
          `Deciders sent the answer to "${question.id}" back more than ${maxRetries} times.`,
          'DECIDER_FAILED',
        );
      taken = await again({ ...at, ordinal: at.ordinal * 10 + retries }, action.feedback);
    }
    if (action.action === 'pause') throw halt(action.why ?? `A decider paused at "${question.id}".`);
    if (action.action === 'stop') throw stoppedByHost(question.id, action.why);
    if (action.action === 'replace') {
      const result = await check(action.answer);
      if ('problems' in result)
        throw halt(
          `A decider's answer to "${question.id}" is not valid: ${problemText(result.problems)}`,
          'DECIDER_FAILED',
        );
      taken = { answer: result.value, by: 'host', why: action.why ?? 'The host replaced the proposal.' };
    }
  }
  return taken;
}

/** The end of a run that the host stopped at a question. */
export function stoppedByHost(question: string, why = ''): Halt {
  return new Halt({
    status: 'declined',
    verdict: { kind: 'reject', reasons: [{ code: 'STOPPED_BY_HOST', evidence: { question, why } }] },
  });
}

const actions = new Set(['accept', 'replace', 'retry', 'pause', 'stop']);

/** One decider's action; late, failing and nonsensical ones throw. */
export async function callDecider<Answer>(
  session: RunSession,
  decider: Decider<Answer>,
  asked: {
    readonly at: Position;
    readonly question: { readonly id: string; readonly about: string };
    readonly facts: Json;
    readonly taken: Proposed<Answer>;
  },
): Promise<Action<Answer>> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, session.signal]);
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${session.deciderTimeoutMs} ms`)),
      session.deciderTimeoutMs,
    );
    onAbort = () => reject(new Error('the run was aborted'));
    session.signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    const proposal = structuredClone({
      runId: session.runId,
      stage: asked.at.stage,
      question: asked.question.id,
      about: asked.question.about,
      proposal: asked.taken.answer,
      by: asked.taken.by,
      why: asked.taken.why,
      facts: asked.facts,
    });
    const action = await Promise.race([Promise.resolve().then(() => decider({ ...proposal, signal })), late]);
    if (typeof action !== 'object' || action === null || !actions.has((action as { action?: string }).action ?? '')) {
      throw new Error('it returned no action; return accept(), replace(answer), retry(feedback), pause() or stop()');
    }
    return action;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) session.signal.removeEventListener('abort', onAbort);
    over.abort();
  }
}
