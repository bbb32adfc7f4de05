import { TrainerError } from '../core/errors.ts';
import type { LanguageModel, ModelUsage } from './language-model.ts';
import { addUsage, retriesOfError, usageOfError } from './model-error.ts';

/**
 * The first of several models that answers: where one fails, the next is asked. Tokens of those that failed count. A package
 * that is missing is no failure of a model, and ends the call.
 *
 * @throws {TrainerError} REQUEST_INVALID without a model; calls throw the error of the last one
 * @example
 * const llm = fallback([anthropic({ model: 'claude-haiku-4-5' }), openai({ model: 'gpt-5-mini' })]);
 */
export function fallback(models: readonly LanguageModel[]): LanguageModel {
  if (models.length === 0)
    throw new TrainerError('REQUEST_INVALID', 'Expected at least one model to fall back on, got none.');
  const kinds = new Set(models.map(({ capabilities }) => capabilities.structuredOutput));
  return {
    name: models.map(({ name }) => name).join(' or '),
    // What all of them can.
    capabilities: {
      structuredOutput: kinds.size === 1 ? models[0]!.capabilities.structuredOutput : 'none',
      tools: models.every(({ capabilities }) => capabilities.tools === true),
    },
    async generate(request) {
      let spent: ModelUsage | undefined;
      let retries = 0;
      for (const [index, model] of models.entries()) {
        try {
          const reply = await model.generate(request);
          const usage = addUsage(spent, reply.usage);
          retries += reply.retries ?? 0;
          return {
            ...reply,
            model: reply.model ?? model.name,
            ...(usage === undefined ? {} : { usage }),
            ...(retries > 0 ? { retries } : {}),
          };
        } catch (error) {
          request.signal.throwIfAborted();
          spent = addUsage(spent, usageOfError(error));
          retries += retriesOfError(error) + 1;
          const isLast = index === models.length - 1;
          if (isLast && TrainerError.isInstance(error)) {
            throw new TrainerError(error.code, error.message, {
              cause: error.cause,
              details: { ...error.details, retries: retries - 1, ...(spent === undefined ? {} : { usage: spent }) },
            });
          }
          if (isLast || (TrainerError.isInstance(error) && error.code === 'PEER_MISSING')) throw error;
        }
      }
      throw new TrainerError('INTERNAL', 'Expected the last model to have answered or failed.');
    },
  };
}
