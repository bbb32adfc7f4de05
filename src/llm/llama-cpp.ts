import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import type { LanguageModel, ModelReply, ModelRequest } from './language-model.ts';
import { grammarSchema } from './llama-cpp-grammar.ts';
import type { Llama, LlamaContext, LlamaModel, LlamaModule, LlamaSequence, LlamaWrapper } from './llama-cpp-types.ts';
import { modelError } from './model-error.ts';
import { checkCount } from './network-options.ts';
import { peerMissing } from './peer-missing.ts';
import { abortable } from './within.ts';

/** Options of {@link llamaCpp}. */
export interface LlamaCppOptions {
  /** Path of a GGUF file; of a model in parts the first. */
  readonly file: string;
  /** Tokens that question and answer may have together; memory grows with it. @default 8192, or what the model was trained with */
  readonly contextSize?: number;
  /** Threads that compute: they wait for each other, so that with fewer free cores than threads all stand. @default all cores but one */
  readonly threads?: number;
  /** Most tokens of a reply. @default 1024 */
  readonly maxOutputTokens?: number;
  /** Milliseconds of one call in all, its turn not counted. @default 300000 */
  readonly totalTimeoutMs?: number;
}

/** A {@link LanguageModel} in this process. Disposed of, it gives its memory back. */
export interface LlamaCppModel extends LanguageModel, AsyncDisposable {}

interface Opened {
  readonly module: LlamaModule;
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly sequence: LlamaSequence;
  readonly wrapper: LlamaWrapper;
  /** Tokens of the last question that were computed in whole batches. */
  kept: number;
}

const defaultContextSize = 8192;
/** Tokens below which no answer fits. */
const leastOutput = 32;
/**
 * Tokens of a question that are computed at once. Sums differ in their last bits with the size of a batch: batches that begin
 * at multiples of this, and are kept only whole, give the same answer whatever was asked before.
 */
const batch = 128;

/**
 * A GGUF file, in this process and on its processor, by llama.cpp. Needs the package `node-llama-cpp`, version 3. Answers are
 * held to the schema by a grammar and always the likeliest, so the same question gives the same answer on the same machine.
 * Calls wait for each other, and what a question has in common with the one before is not computed again: `usage` counts it
 * as `cachedInputTokens`.
 *
 * @throws {TrainerError} REQUEST_INVALID where there is no such file or an option is out of range; calls throw PEER_MISSING
 * @example
 * await using llm = llamaCpp({ file: 'models/qwen3-4b-q4_k_m.gguf' });
 * const trainer = new Trainer({ llm });
 */
export function llamaCpp(options: LlamaCppOptions): LlamaCppModel {
  const {
    file,
    threads = Math.max(1, availableParallelism() - 1),
    maxOutputTokens = 1024,
    totalTimeoutMs = 300_000,
  } = options;
  for (const [name, value] of Object.entries({
    threads,
    maxOutputTokens,
    totalTimeoutMs,
    contextSize: options.contextSize ?? 1,
  }))
    checkCount('llamaCpp()', name, value);
  checkFile(file);
  const name = `gguf:${basename(file)}`;

  let opened: Promise<Opened> | undefined;
  let isClosed = false;
  const open = () => {
    opened ??= load(name, file, threads, options.contextSize).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  let last: Promise<unknown> = Promise.resolve();
  /** One call after the other: there is one state. */
  const inTurn = <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const before = last.catch(() => undefined);
    const mine = (signal === undefined ? before : abortable(before, signal)).then(work);
    last = Promise.allSettled([before, mine]);
    return mine;
  };
  return {
    name,
    capabilities: { structuredOutput: 'native' },
    generate: (request) =>
      inTurn(async () => {
        request.signal.throwIfAborted();
        if (isClosed) throw modelError('LLM_UNAVAILABLE', name, 'the model was disposed of; make it again');
        return answer(name, await open(), request, { maxOutputTokens, totalTimeoutMs });
      }, request.signal),
    [Symbol.asyncDispose]: () =>
      inTurn(async () => {
        isClosed = true;
        await opened?.then(
          ({ llama }) => llama.dispose(), // and with it all that was made by it
          () => undefined,
        );
      }),
  };
}

/** Looks at the first bytes, so that a wrong path is told before anything is asked. */
function checkFile(file: string): void {
  const magic = Buffer.alloc(4);
  try {
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, magic);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw new TrainerError('REQUEST_INVALID', `Expected a GGUF file at ${String(file)}: ${errorText(cause)}.`, {
      cause,
    });
  }
  if (magic.toString('latin1') !== 'GGUF')
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected ${file} to be a GGUF file, but it does not begin as one. Download it again, or name another.`,
    );
}

async function load(name: string, file: string, threads: number, contextSize: number | undefined): Promise<Opened> {
  let module: LlamaModule;
  let llama: Llama;
  try {
    // @ts-expect-error The package is the host's to install; what is used of it is in llama-cpp-types.ts.
    module = (await import('node-llama-cpp')) as unknown as LlamaModule;
    // Without maxThreads it takes the cores of the host machine, and where a container has fewer they wait for each other.
    llama = await module.getLlama({
      build: 'never',
      gpu: false,
      maxThreads: threads,
      logLevel: 'error',
      progressLogs: false,
    });
  } catch (cause) {
    throw peerMissing('node-llama-cpp', cause);
  }
  try {
    const model = await llama.loadModel({ modelPath: file });
    const size = Math.min(contextSize ?? defaultContextSize, model.trainContextSize);
    const context = await model.createContext({ contextSize: size, sequences: 1 });
    const sequence = context.getSequence();
    return { module, llama, model, context, sequence, wrapper: module.resolveChatWrapper(model), kept: 0 };
  } catch (cause) {
    await llama.dispose();
    throw modelError(
      'LLM_FAILED',
      name,
      `the file does not load; check that it is whole and of a model for text: ${errorText(cause)}`,
      { cause },
    );
  }
}

async function answer(
  name: string,
  opened: Opened,
  { system, prompt, schema, signal, ...request }: ModelRequest,
  limits: { readonly maxOutputTokens: number; readonly totalTimeoutMs: number },
): Promise<ModelReply> {
  const { module, llama, model, context, sequence, wrapper } = opened;
  const deadline = performance.now() + limits.totalTimeoutMs;
  const { contextText } = wrapper.generateContextState({
    chatHistory: [
      ...(system === '' ? [] : [{ type: 'system' as const, text: system }]),
      { type: 'user', text: prompt },
      { type: 'model', response: [] },
    ],
  });
  const tokens = contextText.tokenize(model.tokenizer);
  const room = context.contextSize - tokens.length;
  if (room < leastOutput)
    throw modelError(
      'LLM_CONTEXT_TOO_LONG',
      name,
      `the question has ${tokens.length} tokens, of ${context.contextSize} in all; give a larger contextSize, or use another model`,
    );
  const most = Math.min(limits.maxOutputTokens, request.maxOutputTokens ?? Number.POSITIVE_INFINITY, room);
  const form = grammarSchema(schema);
  const grammar = await (form === undefined
    ? llama.getGrammarFor('json')
    : llama.createGrammarForJsonSchema(form.schema)
  ).catch(() => llama.getGrammarFor('json')); // what no grammar can say is left to the prompt

  const common = Math.min(sequence.compareContextTokens(tokens).firstDifferentIndex, opened.kept, tokens.length - 1);
  const cachedInputTokens = common - (common % batch);
  opened.kept = 0; // until it is known what stayed
  await sequence.adaptStateToTokens(tokens.slice(0, cachedInputTokens), false);
  opened.kept = cachedInputTokens;
  const written: number[] = [];
  const usage = () => ({ inputTokens: tokens.length, outputTokens: written.length, cachedInputTokens });
  const check = () => {
    signal.throwIfAborted();
    if (performance.now() > deadline)
      throw modelError('LLM_TIMEOUT', name, `the reply was not complete after ${limits.totalTimeoutMs} ms`, {
        usage: usage(),
      });
  };
  let from = cachedInputTokens;
  for (; tokens.length - from > batch; from += batch) {
    check();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(from, from + batch));
    opened.kept = from + batch;
  }
  check();
  const grammarEvaluationState = new module.LlamaGrammarEvaluationState({ model, grammar });
  let text = '';
  for await (const token of sequence.evaluate(tokens.slice(from), {
    temperature: 0,
    seed: 0,
    grammarEvaluationState,
  })) {
    if (model.isEogToken(token)) break;
    written.push(token);
    text = model.detokenize(written);
    if (isWhole(text)) break; // the grammar would let it go on with empty lines
    check();
    if (written.length >= most)
      throw modelError('LLM_REPLY_TOO_LONG', name, `the reply was stopped at ${most} tokens`, { usage: usage() });
  }
  const whole = text.trim();
  return { text: form?.restore(whole) ?? whole, usage: usage() };
}

/** Whether a text is a whole JSON object or array: the roots that grammars have here. */
function isWhole(text: string): boolean {
  if (!/[\]}]\s*$/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // not yet
  }
}
