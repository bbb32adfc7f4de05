import { TrainerError } from './errors.ts';
import type { JournalBody } from './journal-record.ts';

/** What a million tokens cost, in US dollars. Prices are the host's to know: none is built in. */
export interface LlmPrices {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
  /** Input from the provider's cache. @default inputUsdPerMillion */
  readonly cachedInputUsdPerMillion?: number;
}

/** What a run may spend on language models. Checked before each call; a resumed run counts what it spent before. */
export interface LlmBudget {
  readonly maxCalls?: number;
  /** Input and output tokens together. */
  readonly maxTokens?: number;
  /** Tokens of the facts of one question, reckoned from bytes; less important ones are left out. @default 6000 */
  readonly maxFactTokens?: number;
  /** Needs `prices`. */
  readonly maxCostUsd?: number;
  readonly prices?: LlmPrices;
}

/** What calls of language models took. */
export interface LlmSpent {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  /** Absent where no prices are known: an unknown price is not 0. */
  readonly costUsd?: number;
  /** The provider did not say; tokens were reckoned from bytes, on the high side. */
  readonly isEstimated?: boolean;
}

/** Bytes of a token, on the low side for prose and for JSON in the usual vocabularies, so that estimates are high. */
const bytesPerToken = 3;
/** Tokens of facts where the host says nothing: some pages. */
const usualFactTokens = 6000;
/** Output tokens below which no answer fits. */
const leastOutput = 64;
/** Calls that failed one after the other, after which a model is asked nothing more in this process. */
const maxFailures = 3;

/** @throws {TrainerError} REQUEST_INVALID */
export function checkLlmBudget(budget: LlmBudget): LlmBudget {
  const refuse = (message: string): never => {
    throw new TrainerError('REQUEST_INVALID', message);
  };
  if (typeof budget !== 'object' || budget === null)
    refuse(`Expected llmBudget to be an object, got ${String(budget)}.`);
  for (const name of ['maxCalls', 'maxTokens', 'maxFactTokens'] as const) {
    const value = budget[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      refuse(`Expected llmBudget.${name} to be a whole number of at least 0, got ${String(value)}.`);
  }
  const { prices } = budget;
  const amounts = { maxCostUsd: budget.maxCostUsd, ...prices };
  for (const [name, value] of Object.entries(amounts)) {
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0))
      refuse(`Expected llmBudget's ${name} to be an amount of at least 0, got ${String(value)}.`);
  }
  if (
    budget.maxCostUsd !== undefined &&
    (prices?.inputUsdPerMillion === undefined || prices.outputUsdPerMillion === undefined)
  )
    refuse('Expected llmBudget.prices with maxCostUsd, got none: what a call costs is known to you alone.');
  return budget;
}

/** Counts what a run spends on language models, and says before each call whether it may be made. */
export class LlmLedger {
  readonly #budget: LlmBudget;
  #calls = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #cachedInputTokens = 0;
  #isEstimated = false;
  #failures = 0;

  /** @param earlier the journal so far: what a resumed run has paid, it has paid */
  constructor(budget: LlmBudget, earlier: readonly JournalBody[] = []) {
    this.#budget = budget;
    for (const body of earlier) {
      if (body.kind === 'model-call') this.#add(body.spent ?? { calls: 1, inputTokens: 0, outputTokens: 0 });
    }
  }

  /** Bytes that the facts of a question may take. */
  get factBytes(): number {
    return (this.#budget.maxFactTokens ?? usualFactTokens) * bytesPerToken;
  }

  get spent(): LlmSpent {
    return this.#priced({
      calls: this.#calls,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      ...(this.#cachedInputTokens > 0 ? { cachedInputTokens: this.#cachedInputTokens } : {}),
      ...(this.#isEstimated ? { isEstimated: true } : {}),
    });
  }

  /** Whether a call of so many bytes may be made, and how many tokens its reply may take; else why not. */
  allow(bytes: number): { readonly maxOutputTokens?: number } | { readonly refused: string } {
    const { maxCalls, maxTokens, maxCostUsd, prices } = this.#budget;
    if (this.#failures >= maxFailures) return { refused: 'it failed too often and is not asked again' };
    if (maxCalls !== undefined && this.#calls >= maxCalls)
      return { refused: `the budget of ${maxCalls} calls is spent` };
    const input = estimatedTokens(bytes);
    let most = Number.POSITIVE_INFINITY;
    if (maxTokens !== undefined) {
      most = maxTokens - this.#inputTokens - this.#outputTokens - input;
      if (most < leastOutput) return { refused: `what is left of the budget of ${maxTokens} tokens is too little` };
    }
    if (maxCostUsd !== undefined && prices !== undefined) {
      const left = maxCostUsd - (this.spent.costUsd ?? 0) - (input * prices.inputUsdPerMillion) / 1e6;
      const byCost = prices.outputUsdPerMillion === 0 ? most : Math.floor((left * 1e6) / prices.outputUsdPerMillion);
      if (left < 0 || byCost < leastOutput)
        return { refused: `what is left of the budget of ${maxCostUsd} US dollars is too little` };
      most = Math.min(most, byCost);
    }
    return Number.isFinite(most) ? { maxOutputTokens: most } : {};
  }

  /** Counts a call that was made; returns it with its cost, where prices are known. */
  charge(call: Omit<LlmSpent, 'costUsd' | 'calls'>, ended: 'answered' | 'failed' | 'hopeless'): LlmSpent {
    const spent = this.#priced({ calls: 1, ...call });
    this.#add(spent);
    this.#failures = ended === 'answered' ? 0 : ended === 'failed' ? this.#failures + 1 : maxFailures;
    return spent;
  }

  #add(spent: LlmSpent): void {
    this.#calls += spent.calls;
    this.#inputTokens += spent.inputTokens;
    this.#outputTokens += spent.outputTokens;
    this.#cachedInputTokens += spent.cachedInputTokens ?? 0;
    this.#isEstimated ||= spent.isEstimated === true;
  }

  #priced(spent: LlmSpent): LlmSpent {
    const { prices } = this.#budget;
    if (prices === undefined) return spent;
    const cached = Math.min(spent.cachedInputTokens ?? 0, spent.inputTokens);
    const costUsd =
      ((spent.inputTokens - cached) * prices.inputUsdPerMillion +
        cached * (prices.cachedInputUsdPerMillion ?? prices.inputUsdPerMillion) +
        spent.outputTokens * prices.outputUsdPerMillion) /
      1e6;
    return { ...spent, costUsd };
  }
}

/** Tokens of so many bytes of text, on the high side. */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}
