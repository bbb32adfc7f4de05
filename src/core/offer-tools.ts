import type { ToolOffer } from '../llm/ask-model.ts';
import type { ModelTool } from '../llm/language-model.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { errorText } from './helpers/error-text.ts';
import { frozenCopy } from './helpers/frozen-copy.ts';
import { redact } from './helpers/redact.ts';
import { untilAborted } from './helpers/until-aborted.ts';
import type { Position } from './journal-record.ts';
import { namesOf, redactJson } from './privacy.ts';
import { narrowSchema } from './prompt.ts';
import type { AnyQuestion } from './question.ts';
import type { RunSession } from './run-session.ts';
import { validate } from './standard-schema.ts';
import { inputOf, type Tool, type ToolContext } from './tool.ts';

/** Calls of tools for one answer, where a question says nothing. */
const usualCalls = 3;
/** Bytes of what a tool tells. */
const mostBytes = 12_000;

/**
 * What is recorded of a call: what was told, or why nothing was. What a tool throws is for the host's eyes: it may hold a path
 * or a cell. What is said to the model of it is words of this file.
 */
type Told = { readonly output: Json } | { readonly error: string; readonly said?: string };

/**
 * The tools that a language model may call for a question, each with the schema of its input. A call is checked, told in
 * events, kept in the journal, and not made again by a resumed run.
 *
 * @param shown names that the model was shown; long lists of ids are narrowed to them
 */
export async function offerTools(
  session: RunSession,
  at: Position,
  agent: string,
  question: AnyQuestion,
  look: Pick<ToolContext, 'message' | 'blobJson'> | undefined,
  shown: ReadonlySet<string>,
): Promise<ToolOffer | undefined> {
  const wanted = question.tools ?? [];
  const maxCalls = question.maxToolCalls ?? usualCalls;
  if (look === undefined || wanted.length === 0 || maxCalls === 0) return undefined;
  const context: ToolContext = { ...look, privacy: session.privacy, signal: session.signal };
  const offered = new Map<string, { readonly tool: Tool; readonly described: ModelTool }>();
  for (const tool of session.toolsOf(agent)) {
    if (!wanted.includes(tool.name)) continue;
    const schema = (await inputOf(tool, context))?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
    if (schema === undefined) continue;
    offered.set(tool.name, {
      tool,
      described: { name: tool.name, about: tool.about, schema: narrowSchema(schema, shown) },
    });
  }
  if (offered.size === 0) return undefined;
  return {
    tools: [...offered.values()].map(({ described }) => described),
    maxCalls,
    async call(name, input, ordinal) {
      const known = offered.get(name);
      if (known === undefined)
        return { problems: [{ path: 'tool', message: `Expected one of ${[...offered.keys()].join(', ')}.` }] };
      const schema = await inputOf(known.tool, context);
      const checked = schema === undefined ? { problems: [] } : await validate(schema, input);
      if (!('value' in checked))
        return {
          problems: checked.problems.map(({ path, message }) => ({
            path: path === '' ? 'input' : `input.${path}`,
            message,
          })),
        };
      const position: Position = { ...at, name: `${at.name}/tool`, ordinal: at.ordinal * 100 + ordinal };
      const told = await callOnce(session, position, question.id, known.tool, checked.value, context);
      if ('error' in told)
        return { problems: [{ path: 'tool', message: `Expected ${name} to work, but ${told.said ?? 'it failed'}.` }] };
      return told;
    },
  };
}

async function callOnce(
  session: RunSession,
  at: Position,
  question: string,
  tool: Tool,
  value: unknown,
  context: ToolContext,
): Promise<Told> {
  const input = JSON.parse(canonicalJson(value)) as Json;
  const recorded = session.journal.note(at)?.value as { tool: string; input: Json; told: Told } | undefined;
  if (recorded !== undefined && canonicalJson([recorded.tool, recorded.input]) === canonicalJson([tool.name, input]))
    return recorded.told;
  const event = { stage: at.stage, tool: tool.name, ordinal: at.ordinal, where: 'host' as const, question, input };
  session.emit('tool-call', { ...event, phase: 'start' });
  const started = session.clock.monotonic();
  const told = await toldBy(session, tool, input, context);
  const seconds = (session.clock.monotonic() - started) / 1000;
  await session.journal.append({ kind: 'note', at, value: { tool: tool.name, input, told } as unknown as Json });
  session.emit('tool-call', { ...event, phase: 'end', seconds, ...('error' in told ? { error: told.error } : {}) });
  return told;
}

/** What a tool tells, redacted and of bounded size; one that throws or is late tells nothing. */
async function toldBy(session: RunSession, tool: Tool, input: Json, context: ToolContext): Promise<Told> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, context.signal]);
  const late = new Error(`no word within ${session.deciderTimeoutMs} ms`);
  const timer = setTimeout(() => over.abort(late), session.deciderTimeoutMs);
  try {
    const said = await untilAborted(
      Promise.resolve().then(() => tool.run(frozenCopy(input), { ...context, signal })),
      signal,
    );
    const schema = (await inputOf(tool, context))?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
    const text = canonicalJson(redactJson(JSON.parse(canonicalJson(said)) as Json, namesOf(schema)));
    if (Buffer.byteLength(text) > mostBytes) {
      const said = `it told more than ${mostBytes} bytes`;
      return { error: said, said };
    }
    return { output: JSON.parse(text) as Json };
  } catch (error) {
    session.signal.throwIfAborted();
    if (error === late) return { error: late.message, said: late.message };
    return { error: redact(errorText(error)).slice(0, 200) };
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
