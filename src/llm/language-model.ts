/** What a language model is asked. */
export interface ModelRequest {
  /** The agent's profile and knowledge: the same for all questions of an agent. */
  readonly system: string;
  /** The question with its facts; after a bad answer, what was wrong with it. */
  readonly prompt: string;
  /** JSON Schema (draft 2020-12) of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** What it answered. */
export interface ModelReply {
  readonly text: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** A language model, whoever provides it. It proposes; code checks. */
export interface LanguageModel {
  /** Provider and model, for events and the journal; no secret. */
  readonly name: string;
  readonly capabilities: {
    /** `native`: the provider holds answers to the schema. `none`: the schema is part of the prompt. */
    readonly structuredOutput: 'native' | 'none';
  };
  /** May throw anything; an error counts as no answer. */
  generate(request: ModelRequest): Promise<ModelReply>;
}
