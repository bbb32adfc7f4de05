import type { ReplyForm } from '../llm/ask-model.ts';
import type { LanguageModel, ModelTool, ModelUsage } from '../llm/language-model.ts';
import { modelErrorText, retriesOfError, usageOfError } from '../llm/model-error.ts';
import { callDecider, stoppedByHost } from './consult.ts';
import { TrainerError } from './errors.ts';
import { Halt } from './halt.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { errorText } from './helpers/error-text.ts';
import type { Position } from './journal-record.ts';
import { estimatedTokens, type LlmSpent } from './llm-budget.ts';
import type { RunSession } from './run-session.ts';

/**
 * The id of what deciders are asked before a call leaves. They may accept it, replace its texts or veto it (the rule then
 * answers), pause or stop the run.
 */
export const llmCallId = 'llm.call';

/**
 * What is about to leave, or the host's word that it may not: the texts, and beside them the JSON Schema of the answer and the
 * tools that may be called. What a host that replaces a call leaves out of it does not leave.
 */
export type OutboundCall =
  | {
      readonly system: string;
      readonly prompt: string;
      readonly schema?: Readonly<Record<string, unknown>>;
      readonly tools?: readonly ModelTool[];
    }
  | { readonly veto: string };

type OutboundTexts = Exclude<OutboundCall, { readonly veto: string }>;

/** What came back, as the journal holds it. */
export type RecordedReply = { readonly text: string; readonly model?: string } | { readonly error: string };

/** Characters of the longest reply that is looked at. */
const maxReply = 200_000;
/** Characters of the name of the model that answered. */
const longestName = 200;
/** Errors that are not the model's: the run ends with them, where going on by rule would hide a mistake of the host. */
const notTheModels = new Set(['PEER_MISSING', 'LLM_CASSETTE']);
/** Errors that another call will meet again. */
const hopeless = new Set(['LLM_AUTH']);
/** Errors of calls that took no tokens. */
const free = new Set(['LLM_AUTH', 'LLM_RATE_LIMIT']);

/**
 * One call of the language model: budgeted, shown to the host's deciders, told before it leaves, recorded when it is back,
 * and never made twice.
 *
 * @throws {TrainerError} PEER_MISSING, LLM_CASSETTE
 * @throws {Halt} where a decider paused or stopped the run, or failed
 */
export async function sendToModel(
  session: RunSession,
  at: Position,
  agent: string,
  llm: LanguageModel,
  form: ReplyForm,
  outbound: string,
  round: number,
  leftOut: Readonly<Record<string, number>> = {},
): Promise<RecordedReply> {
  const position: Position = { ...at, name: `${at.name}/llm`, ordinal: at.ordinal * 1000 + round };
  const recorded = session.journal.modelCall(position, outbound);
  if (recorded !== undefined) {
    const reply = recorded.reply as RecordedReply;
    return 'text' in reply && recorded.model !== undefined ? { ...reply, model: recorded.model } : reply;
  }
  const system = session.systemOf(agent);
  const first: OutboundTexts = { system, prompt: outbound, ...form };
  const before = session.ledger.allow(bytesOf(first));
  if ('refused' in before) return { error: before.refused };
  const call = await askHost(session, at, llm, first, bytesOf(first));
  if ('veto' in call) {
    const reply = { error: `the host let nothing leave${call.veto === '' ? '' : `: ${call.veto}`}` };
    const spent = { calls: 0, inputTokens: 0, outputTokens: 0 };
    await session.journal.append({ kind: 'model-call', at: position, outbound, reply, spent });
    return reply;
  }
  // Once more: what the host put in its place may be longer.
  const bytes = bytesOf(call);
  const allowed = session.ledger.allow(bytes);
  if ('refused' in allowed) return { error: allowed.refused };
  const event = { stage: at.stage, question: at.name, model: llm.name };
  session.emit('model-call', {
    ...event,
    phase: 'request',
    system: call.system,
    outbound: call.prompt,
    ...(call.schema === undefined ? {} : { schema: call.schema }),
    ...(call.tools === undefined ? {} : { tools: call.tools }),
    ...(Object.keys(leftOut).length === 0 ? {} : { leftOut }),
  });
  let reply: { text: string } | { error: string };
  let usage: ModelUsage | undefined;
  let retries = 0;
  let model: string | undefined;
  let code: string | undefined;
  try {
    const answer = await llm.generate({ schema: {}, ...call, ...allowed, signal: session.signal });
    if (typeof answer?.text !== 'string') throw new TypeError('the reply has no text');
    const isLong = answer.text.length > maxReply;
    reply = isLong ? { error: `the reply is longer than ${maxReply} characters` } : { text: answer.text };
    usage = counted(answer.usage);
    retries = isCount(answer.retries) ? answer.retries : 0;
    if (typeof answer.model === 'string' && answer.model !== llm.name) model = answer.model.slice(0, longestName);
  } catch (error) {
    session.signal.throwIfAborted();
    code = TrainerError.isInstance(error) ? error.code : undefined;
    if (code !== undefined && notTheModels.has(code)) throw error;
    reply = { error: modelErrorText(error) };
    usage = usageOfError(error);
    retries = retriesOfError(error);
  }
  const spent = session.ledger.charge(
    usage ?? estimate(bytes, reply, code),
    'text' in reply ? 'answered' : code !== undefined && hopeless.has(code) ? 'hopeless' : 'failed',
  );
  await session.journal.append({
    kind: 'model-call',
    at: position,
    outbound,
    ...(call.prompt === outbound ? {} : { sent: call.prompt }),
    reply,
    ...(model === undefined ? {} : { model }),
    spent,
  });
  session.emit('model-call', {
    ...event,
    phase: 'error' in reply ? 'error' : 'reply',
    ...('error' in reply ? { error: reply.error } : {}),
    ...(model === undefined ? {} : { answeredBy: model }),
    ...(usage === undefined ? {} : { usage }),
    ...(spent.costUsd === undefined ? {} : { costUsd: spent.costUsd }),
    ...(retries > 0 ? { retries } : {}),
    total: session.ledger.spent,
  });
  return model === undefined || 'error' in reply ? reply : { ...reply, model };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bytesOf({ system, prompt, ...form }: OutboundTexts): number {
  return Buffer.byteLength(system) + Buffer.byteLength(prompt) + Buffer.byteLength(canonicalJson(form));
}

/** Tokens as plain whole numbers: a model may be anybody's. */
function counted(usage: ModelUsage | undefined): ModelUsage | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined;
  const { inputTokens, outputTokens, cachedInputTokens } = usage;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined;
  return { inputTokens, outputTokens, ...(isCount(cachedInputTokens) ? { cachedInputTokens } : {}) };
}

/** Tokens where nobody counted them, on the high side: a budget must hold without the provider's help too. */
function estimate(bytes: number, reply: RecordedReply, code: string | undefined): Omit<LlmSpent, 'calls'> {
  if (code !== undefined && free.has(code)) return { inputTokens: 0, outputTokens: 0 };
  const outputTokens = 'text' in reply ? estimatedTokens(Buffer.byteLength(reply.text)) : 0;
  return { inputTokens: estimatedTokens(bytes), outputTokens, isEstimated: true };
}

async function askHost(
  session: RunSession,
  at: Position,
  llm: LanguageModel,
  first: OutboundTexts,
  bytes: number,
): Promise<OutboundCall> {
  let call: OutboundCall = first;
  const question = { id: llmCallId, about: 'Whether and as what this leaves for the language model.' };
  const facts: Json = { question: at.name, model: llm.name, bytes };
  const paused = (why: string, code?: 'DECIDER_FAILED') =>
    new Halt({ status: 'paused', why, ...(code === undefined ? {} : { code }), questions: [] });
  for (const decider of session.deciders.get(llmCallId) ?? []) {
    const taken = { answer: call, by: 'rule' as const, why: `"${at.name}" is asked of ${llm.name}.` };
    const action = await callDecider(session, decider, { at, question, facts, taken }).catch((error: unknown) => {
      session.signal.throwIfAborted();
      throw paused(`A decider of "${llmCallId}" failed: ${errorText(error)}`, 'DECIDER_FAILED');
    });
    if (action.action === 'pause') throw paused(action.why ?? `A decider paused at "${llmCallId}".`);
    if (action.action === 'stop') throw stoppedByHost(llmCallId, action.why);
    if (action.action === 'retry')
      throw paused(`A decider of "${llmCallId}" asked for a retry, but nothing was asked yet.`, 'DECIDER_FAILED');
    if (action.action === 'accept') continue;
    const answer = action.answer as Partial<Record<'system' | 'prompt' | 'schema' | 'tools' | 'veto', unknown>> | null;
    if (typeof answer?.veto === 'string') return { veto: answer.veto };
    if (typeof answer?.system !== 'string' || typeof answer.prompt !== 'string')
      throw paused(
        `Expected a decider of "${llmCallId}" to replace by { system, prompt } or { veto }, got something else.`,
        'DECIDER_FAILED',
      );
    call = {
      system: answer.system,
      prompt: answer.prompt,
      ...(typeof answer.schema === 'object' && answer.schema !== null
        ? { schema: answer.schema as Readonly<Record<string, unknown>> }
        : {}),
      ...(Array.isArray(answer.tools) ? { tools: answer.tools as readonly ModelTool[] } : {}),
    };
  }
  return call;
}
