import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseLlm } from '../../src/cli/llm-option.ts';
import { languageModel } from '../../src/cli/system-services.ts';
import type { LanguageModel, ModelReply, ModelRequest } from '../../src/index.ts';
import { llamaCpp } from '../../src/llm/llama-cpp.ts';
import { adversarialModel, replayModel } from '../../src/testing/index.ts';
import installSmolLm2, { runtimeEntry, smolLm2 } from '../../test/interop/smollm2.ts';

/** What was asked of a model, and what it took. */
export interface Spent {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  milliseconds: number;
}

export const nothingSpent = (): Spent => ({ calls: 0, inputTokens: 0, outputTokens: 0, milliseconds: 0 });

/**
 * The model of `TRAINERAGENT_MODEL`: `smollm2` (the default), `random` (valid JSON at random), `replay:FILE` (a recording), or
 * any that the command line knows.
 */
export async function benchModel(name: string): Promise<LanguageModel> {
  if (name === 'random') return adversarialModel(1);
  if (name.startsWith('replay:')) return replayModel(resolve(name.slice('replay:'.length)));
  if (name !== 'smollm2') return languageModel(parseLlm(name, process.cwd())!);
  installSmolLm2();
  // The runtime is installed beside the project and not in it.
  const hook = `export const resolve = (name, context, next) => name === 'node-llama-cpp' ? { url: ${JSON.stringify(pathToFileURL(runtimeEntry).href)}, shortCircuit: true } : next(name, context)`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  return llamaCpp({ file: smolLm2, threads: 1, maxOutputTokens: 400 });
}

interface Kept {
  readonly reply?: ModelReply;
  readonly error?: unknown;
  readonly milliseconds: number;
}

/**
 * A model that is asked the same thing once over all arms, and counted by each as if it had been asked anew: the likeliest
 * answer is the same each time.
 */
export function asksOnce(model: LanguageModel) {
  const kept = new Map<string, Promise<Kept>>();
  return (spent: Spent): LanguageModel => ({
    name: model.name,
    capabilities: model.capabilities,
    async generate(request: ModelRequest) {
      const { signal: _, ...asked } = request;
      const key = JSON.stringify(asked);
      let answer = kept.get(key);
      if (answer === undefined) {
        answer = ask(model, request);
        kept.set(key, answer);
      }
      const { reply, error, milliseconds } = await answer;
      const details = (error as { details?: { usage?: ModelReply['usage'] } } | undefined)?.details;
      const usage = reply?.usage ?? details?.usage;
      spent.calls++;
      spent.milliseconds += milliseconds;
      spent.inputTokens += usage?.inputTokens ?? 0;
      spent.outputTokens += usage?.outputTokens ?? 0;
      if (reply === undefined) throw error;
      return reply;
    },
  });
}

async function ask(model: LanguageModel, request: ModelRequest): Promise<Kept> {
  const elapsed = stopwatch(model);
  try {
    const reply = await model.generate(request);
    return { reply, milliseconds: elapsed() };
  } catch (error) {
    return { error, milliseconds: elapsed() };
  }
}

/** Of a model in this process what the processor took, whoever else is at work; of others the time by the clock. */
function stopwatch(model: LanguageModel): () => number {
  const started = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return model.name.startsWith('gguf:') ? (user + system) / 1000 : performance.now() - started;
  };
}
