import { AssertionError } from 'node:assert';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ErrorCode, errorTable, TrainerError } from '../core/errors.ts';
import { canonicalJson } from '../core/helpers/canonical-json.ts';
import { errorText } from '../core/helpers/error-text.ts';
import { sha256 } from '../core/helpers/hash.ts';
import { redact } from '../core/helpers/redact.ts';
import type { LanguageModel, ModelReply, ModelRequest, ModelUsage } from '../llm/language-model.ts';
import { usageOfError } from '../llm/model-error.ts';

interface RecordedCall {
  readonly key: string;
  readonly system: string;
  /** The prompt by lines, so that a change is read as one. */
  readonly prompt: readonly string[];
  readonly schema: unknown;
  readonly reply?: ModelReply;
  readonly error?: { readonly code?: string; readonly message: string; readonly usage?: ModelUsage };
}

interface Cassette {
  readonly formatVersion: 1;
  readonly model: string;
  readonly capabilities: LanguageModel['capabilities'];
  readonly calls: readonly RecordedCall[];
}

/** What was asked, without what names or opens: it is written to a file that is kept with the code. */
function askedOf({ system, prompt, schema }: ModelRequest): Omit<RecordedCall, 'reply' | 'error'> {
  const asked = {
    system: redact(system),
    prompt: redact(prompt).split('\n'),
    schema: JSON.parse(redact(canonicalJson(schema))) as unknown,
  };
  return { key: sha256(canonicalJson(asked)).slice(0, 16), ...asked };
}

/**
 * A model whose conversation is written to a file, call by call, as readable JSON. Requests and replies are redacted (keys,
 * e-mail addresses, and so on); headers and keys of the provider never reach it.
 *
 * @example
 * const llm = process.env.RECORD ? recordingModel(openai({ model: 'gpt-5-mini' }), 'churn.json') : replayModel('churn.json');
 */
export function recordingModel(model: LanguageModel, file: string): LanguageModel {
  const calls: RecordedCall[] = [];
  const write = () => {
    const cassette: Cassette = { formatVersion: 1, model: model.name, capabilities: model.capabilities, calls };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, `${JSON.stringify(cassette, undefined, 2)}\n`);
    renameSync(`${file}.part`, file);
  };
  return {
    name: model.name,
    capabilities: model.capabilities,
    async generate(request) {
      const asked = askedOf(request);
      try {
        const reply = await model.generate(request);
        calls.push({ ...asked, reply: { ...reply, text: redact(reply.text) } });
        write();
        return reply;
      } catch (error) {
        if (request.signal.aborted) throw error; // nothing was answered
        const usage = usageOfError(error);
        calls.push({
          ...asked,
          error: {
            ...(TrainerError.isInstance(error) ? { code: error.code } : {}),
            message: redact(errorText(error)),
            ...(usage === undefined ? {} : { usage }),
          },
        });
        write();
        throw error;
      }
    },
  };
}

/** A model that answers from a recorded conversation. */
export interface ReplayModel extends LanguageModel {
  /** @throws {AssertionError} where something was asked that was not recorded, or a recorded call was not made */
  assertComplete(): void;
}

/**
 * A model that answers what {@link recordingModel} recorded: by what is asked, the same question in the order of its replies.
 *
 * @throws {TrainerError} LLM_CASSETTE where the file is none; calls throw it where a prompt changed, and show the lines
 */
export function replayModel(file: string): ReplayModel {
  const cassette = readCassette(file);
  const left = [...cassette.calls];
  const unexpected: string[] = [];
  return {
    name: cassette.model,
    capabilities: cassette.capabilities,
    async generate(request) {
      request.signal.throwIfAborted();
      const asked = askedOf(request);
      const index = left.findIndex(({ key }) => key === asked.key);
      if (index < 0) {
        const message = `${file} has no reply to this. ${differenceTo(left, asked)} Record it again where the change is meant.`;
        unexpected.push(message);
        throw new TrainerError('LLM_CASSETTE', message, { details: { file, key: asked.key } });
      }
      const { reply, error } = left.splice(index, 1)[0]!;
      if (reply !== undefined) return structuredClone(reply);
      throw toError(error ?? { message: 'nothing was recorded' });
    },
    assertComplete() {
      if (unexpected.length > 0) throw new AssertionError({ message: unexpected.join('\n') });
      if (left.length > 0)
        throw new AssertionError({
          message: `Expected every recorded call to be made, but ${left.length} of ${cassette.calls.length} were not; the first: ${left[0]!.prompt[0]}`,
        });
    },
  };
}

function readCassette(file: string): Cassette {
  try {
    const cassette = JSON.parse(readFileSync(file, 'utf8')) as Partial<Cassette> | null;
    if (cassette?.formatVersion === 1 && Array.isArray(cassette.calls)) return cassette as Cassette;
  } catch (cause) {
    throw new TrainerError('LLM_CASSETTE', `Expected ${file} to be a recorded conversation: ${errorText(cause)}.`, {
      cause,
    });
  }
  throw new TrainerError('LLM_CASSETTE', `Expected ${file} to be a recorded conversation of format 1.`);
}

function toError({ code, message, usage }: NonNullable<RecordedCall['error']>): Error {
  if (code === undefined || !Object.hasOwn(errorTable, code)) return new Error(message);
  return new TrainerError(code as ErrorCode, message, { details: usage === undefined ? {} : { usage } });
}

/** What is different to the recorded call of the same first line, which names the question. */
function differenceTo(recorded: readonly RecordedCall[], asked: Omit<RecordedCall, 'reply'>): string {
  const like = recorded.find(({ prompt }) => prompt[0] === asked.prompt[0]);
  if (like === undefined) return `Nothing that is left of it begins with "${asked.prompt[0]}".`;
  const lines: string[] = [];
  const compare = (what: string, was: readonly string[], is: readonly string[]) => {
    for (let i = 0; i < Math.max(was.length, is.length) && lines.length < 12; i++) {
      if (was[i] === is[i]) continue;
      lines.push(
        `${what} ${i + 1}:`,
        ...(i < was.length ? [`- ${around(was[i]!, is[i])}`] : []),
        ...(i < is.length ? [`+ ${around(is[i]!, was[i])}`] : []),
      );
    }
  };
  compare('system line', like.system.split('\n'), asked.system.split('\n'));
  compare('prompt line', like.prompt, asked.prompt);
  compare('schema', [canonicalJson(like.schema)], [canonicalJson(asked.schema)]);
  return `The prompt changed:\n${lines.join('\n')}\n`;
}

/** The part of a line around the first place where it differs from another. */
function around(line: string, other = ''): string {
  let i = 0;
  while (i < line.length && line[i] === other[i]) i++;
  const from = Math.max(0, i - 40);
  return `${from > 0 ? '…' : ''}${line.slice(from, i + 80)}${i + 80 < line.length ? '…' : ''}`;
}
