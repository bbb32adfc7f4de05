import { askModel } from '../llm/ask-model.ts';
import type { LanguageModel } from '../llm/language-model.ts';
import type { Action, Decider } from './decider.ts';
import { TrainerError } from './errors.ts';
import type { DecidedBy } from './events.ts';
import { Halt } from './halt.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { errorText } from './helpers/error-text.ts';
import type { Position } from './journal-record.ts';
import type { Question } from './question.ts';
import type { RunSession } from './run-session.ts';
import { type Problem, problemText, validate } from './standard-schema.ts';

interface Proposed<Answer> {
  readonly answer: Answer;
  readonly by: DecidedBy;
  readonly why: string;
  readonly fallback?: string;
  /** The rule had nothing to go by. */
  readonly unsure?: boolean;
}

/** Times that deciders may send a language model's answer back. */
const maxRetries = 2;

type Check<Answer> = (
  value: unknown,
) => Promise<{ readonly value: Answer } | { readonly problems: readonly Problem[] }>;

/**
 * Answers one question: given by the host, else from the journal, else by the language model where one is set, else by
 * the rule; then the deciders. The decision is journalled, published, and returned, in this order.
 *
 * @throws {TrainerError} DECISION_INVALID, RESUME_MISMATCH
 * @throws {Halt} where a decider paused or stopped the run, or failed
 */
export async function ask<Subject, Answer>(
  session: RunSession,
  at: Position,
  agent: string,
  question: Question<string, Subject, Answer>,
  subject: Subject,
): Promise<Answer> {
  const facts = question.facts(subject);
  const check: Check<Answer> = async (value) => {
    const result = await validate(question.answer(subject), value);
    if ('problems' in result) return result;
    // A copy, so that whoever gave the answer can't change it after it was checked.
    const copy = plainJson(result.value);
    if (copy === undefined) return { problems: [{ path: '', message: 'Expected a value that JSON can hold' }] };
    const answer = copy.value as Answer;
    const problems = question.check?.(answer, subject) ?? [];
    return problems.length > 0 ? { problems } : { value: answer };
  };

  const recorded = session.journal.decision(at, facts);
  if (recorded !== undefined) return structuredClone(recorded.answer) as Answer;
  if (session.over !== undefined) throw new Halt({ status: 'declined', verdict: session.over });

  let taken: Proposed<Answer>;
  if (session.given.has(question.id)) {
    const result = await check(session.given.get(question.id));
    if ('problems' in result) {
      throw new TrainerError(
        'DECISION_INVALID',
        `Expected a valid answer to "${question.id}" from the host, but ${problemText(result.problems)}.`,
        { details: { question: question.id } },
      );
    }
    taken = { answer: result.value, by: 'given', why: 'The host gave this answer.' };
  } else {
    taken = await consultDeciders(
      session,
      at,
      agent,
      question,
      subject,
      facts,
      check,
      await propose(session, at, agent, question, subject, facts, check, undefined),
    );
  }
  if (taken.unsure === true && question.open !== undefined && !session.pausedOn.has(question.id)) {
    const proposal = JSON.parse(canonicalJson(taken.answer)) as Json;
    session.emit('decision-pending', { stage: at.stage, question: question.id, proposal, why: taken.why });
    const { reason, ...open } = question.open(subject);
    throw new Halt({
      status: 'paused',
      why: taken.why,
      questions: [{ question: question.id, about: question.about, default: proposal, ...open }],
      ...(reason === undefined ? {} : { reason }),
    });
  }
  const answer = taken.answer as Json;
  const why = taken.why;
  const fallback = taken.fallback === undefined ? {} : { fallback: taken.fallback };
  await session.journal.append({ kind: 'decision', at, facts, answer, by: taken.by, why, ...fallback });
  session.emit('decision', {
    stage: at.stage,
    question: question.id,
    ordinal: at.ordinal,
    answer,
    by: taken.by,
    why,
    ...fallback,
  });
  return answer as Answer;
}

function plainJson(value: unknown): { readonly value: Json } | undefined {
  try {
    return { value: JSON.parse(canonicalJson(value)) as Json };
  } catch {
    return undefined; // not finite, a function, a circle: no answer
  }
}

async function propose<Subject, Answer>(
  session: RunSession,
  at: Position,
  agent: string,
  question: Question<string, Subject, Answer>,
  subject: Subject,
  facts: Json,
  check: Check<Answer>,
  feedback: string | undefined,
): Promise<Proposed<Answer>> {
  const rule = question.rule(subject);
  const ruled = await check(rule.answer);
  if ('problems' in ruled) {
    throw new TrainerError(
      'INTERNAL',
      `The rule of "${question.id}" gave an answer that its own checks refuse: ${problemText(ruled.problems)}.`,
      { details: { question: question.id } },
    );
  }
  const byRule: Proposed<Answer> = {
    answer: ruled.value,
    by: 'rule',
    why: rule.why,
    ...(rule.unsure === true ? { unsure: true } : {}),
  };
  const { llm } = session;
  if (llm === undefined || (question.language === 'unsure' && rule.unsure !== true)) return byRule;
  const schema = question.answer(subject)['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
  if (schema === undefined) return { ...byRule, fallback: 'the schema of the answer has no JSON Schema form' };
  const result = await askModel<Answer>({
    model: llm,
    system: session.systemOf(agent),
    about: question.about,
    facts,
    schema,
    check,
    ...(feedback === undefined ? {} : { feedback }),
    send: (outbound, round) =>
      sendToModel(session, at, agent, llm, schema, outbound, feedback === undefined ? round : round + 100),
  });
  if ('failed' in result) return { ...byRule, fallback: result.failed };
  return {
    answer: result.answer,
    by: 'llm',
    why: `${llm.name} answered${result.repairs > 0 ? ` after ${result.repairs} repairs` : ''}; the answer passed its checks.`,
  };
}

/** One call of the language model: told before it leaves, recorded when it is back, and never made twice. */
async function sendToModel(
  session: RunSession,
  at: Position,
  agent: string,
  llm: LanguageModel,
  schema: Readonly<Record<string, unknown>>,
  outbound: string,
  round: number,
): Promise<{ readonly text: string } | { readonly error: string }> {
  const position: Position = { ...at, name: `${at.name}/llm`, ordinal: at.ordinal * 1000 + round };
  const recorded = session.journal.modelCall(position, outbound);
  if (recorded !== undefined) return recorded.reply as { text: string } | { error: string };
  const event = { stage: at.stage, question: at.name, model: llm.name };
  session.emit('model-call', { ...event, phase: 'request', outbound });
  let reply: { text: string } | { error: string };
  let usage: { inputTokens: number; outputTokens: number } | undefined;
  try {
    const answer = await llm.generate({
      system: session.systemOf(agent),
      prompt: outbound,
      schema,
      signal: session.signal,
    });
    if (typeof answer?.text !== 'string') throw new TypeError('the reply has no text');
    reply = { text: answer.text };
    usage = answer.usage;
  } catch (error) {
    session.signal.throwIfAborted();
    reply = { error: errorText(error) };
  }
  await session.journal.append({ kind: 'model-call', at: position, outbound, reply });
  session.emit('model-call', {
    ...event,
    phase: 'error' in reply ? 'error' : 'reply',
    ...('error' in reply ? { error: reply.error } : {}),
    ...(usage === undefined ? {} : { usage }),
  });
  return reply;
}

async function consultDeciders<Subject, Answer>(
  session: RunSession,
  at: Position,
  agent: string,
  question: Question<string, Subject, Answer>,
  subject: Subject,
  facts: Json,
  check: Check<Answer>,
  first: Proposed<Answer>,
): Promise<Proposed<Answer>> {
  let taken = first;
  let retries = 0;
  const halt = (why: string, code?: 'DECIDER_FAILED' | 'RETRY_WITHOUT_LLM') => {
    session.emit('decision-pending', {
      stage: at.stage,
      question: question.id,
      proposal: JSON.parse(canonicalJson(taken.answer)) as Json,
      why,
    });
    return new Halt({
      status: 'paused',
      why,
      ...(code === undefined ? {} : { code }),
      questions: [
        {
          question: question.id,
          about: question.about,
          default: JSON.parse(canonicalJson(taken.answer)) as Json,
          changes: question.about,
        },
      ],
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
      taken = await propose(
        session,
        { ...at, ordinal: at.ordinal * 10 + retries },
        agent,
        question,
        subject,
        facts,
        check,
        action.feedback,
      );
    }
    if (action.action === 'pause') throw halt(action.why ?? `A decider paused at "${question.id}".`);
    if (action.action === 'stop') {
      throw new Halt({
        status: 'declined',
        verdict: {
          kind: 'reject',
          reasons: [{ code: 'STOPPED_BY_HOST', evidence: { question: question.id, why: action.why ?? '' } }],
        },
      });
    }
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

const actions = new Set(['accept', 'replace', 'retry', 'pause', 'stop']);

async function callDecider<Answer>(
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
