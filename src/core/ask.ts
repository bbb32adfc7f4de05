import { askModel } from '../llm/ask-model.ts';
import { type Check, consultDeciders, type Proposed } from './consult.ts';
import { TrainerError } from './errors.ts';
import { Halt } from './halt.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import type { Position } from './journal-record.ts';
import { offerTools } from './offer-tools.ts';
import { shownFacts } from './privacy.ts';
import { narrowSchema, textsOf } from './prompt.ts';
import type { AnyQuestion, Question } from './question.ts';
import type { RunSession } from './run-session.ts';
import { sendToModel } from './send-to-model.ts';
import { problemText, validate } from './standard-schema.ts';
import type { ToolContext } from './tool.ts';

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
  look?: Pick<ToolContext, 'message' | 'blobJson'>,
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
  const { fork } = session.input;
  const isFork = fork !== undefined && canonicalJson(fork.at) === canonicalJson(at);
  if (isFork || session.given.has(question.id)) {
    const result = await check(isFork ? fork.answer : session.given.get(question.id));
    if ('problems' in result) {
      throw new TrainerError(
        'DECISION_INVALID',
        `Expected a valid answer to "${question.id}" from the host, but ${problemText(result.problems)}.`,
        { details: { question: question.id } },
      );
    }
    const why = isFork ? `Asked what if, from run ${fork.runId}.` : 'The host gave this answer.';
    taken = { answer: result.value, by: 'given', why };
  } else {
    const proposed = (position: Position, feedback?: string) =>
      propose(session, position, agent, question, subject, facts, check, feedback, look);
    taken = await consultDeciders(session, at, question, facts, check, await proposed(at), proposed);
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
  look: Pick<ToolContext, 'message' | 'blobJson'> | undefined,
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
  const own = question.prompt?.answer?.(subject);
  const schema = (own ?? question.answer(subject))['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
  if (schema === undefined) return { ...byRule, fallback: 'the schema of the answer has no JSON Schema form' };
  const memory = session.memoryOf(agent);
  const limits = {
    privacy: session.privacy,
    bytes: session.ledger.factBytes,
    ...(memory === undefined ? {} : { memory }),
  };
  const { shown, leftOut, missing } = shownFacts(question, subject, facts, schema, limits);
  if (missing !== undefined) return { ...byRule, fallback: `"${missing}" is too much to be shown to a language model` };
  const names = textsOf(shown);
  // A place of its own in the journal: what is looked at after a remark is not what the next question looks at.
  const lookingAt = feedback === undefined ? at : { ...at, name: `${at.name}/again` };
  const offer = await offerTools(session, lookingAt, agent, question as AnyQuestion, look, names);
  let answeredBy = llm.name;
  const result = await askModel<Answer>({
    model: llm,
    system: session.systemOf(agent),
    about: question.prompt?.about ?? question.about,
    facts: shown,
    leftOut,
    schema: narrowSchema(schema, names),
    check: async (value) => {
      const result = own === undefined ? { value } : await validate(own, value);
      return 'problems' in result ? result : check(result.value);
    },
    ...(feedback === undefined ? {} : { feedback }),
    ...(offer === undefined ? {} : { tools: offer }),
    send: async (outbound, round, form) => {
      const ordinal = feedback === undefined ? round : round + 100;
      const reply = await sendToModel(session, at, agent, llm, form, outbound, ordinal, leftOut);
      if ('model' in reply && reply.model !== undefined) answeredBy = reply.model;
      return reply;
    },
  });
  if ('failed' in result) return { ...byRule, fallback: result.failed };
  return {
    answer: result.answer,
    by: 'llm',
    why: `${answeredBy} answered${result.looks > 0 ? ` after ${result.looks} ${result.looks === 1 ? 'look' : 'looks'} at more` : ''}${result.repairs > 0 ? ` after ${result.repairs} repairs` : ''}; the answer passed its checks.`,
  };
}
