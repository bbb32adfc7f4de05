/** A function that a model may call before it answers. */
export interface ModelTool {
  readonly name: string;
  readonly about: string;
  /** JSON Schema (draft 2020-12) of its input. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What a language model is asked. */
export interface ModelRequest {
  /** The agent's profile and knowledge: the same for all questions of an agent. */
  readonly system: string;
  /** The question with its facts; after a bad answer, what was wrong with it. */
  readonly prompt: string;
  /** JSON Schema (draft 2020-12) of the answer. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Given to models that say they can call tools; a call is replied as the text `{"tool": name, "input": {…}}`. */
  readonly tools?: readonly ModelTool[];
  /** Most tokens that the reply may take. @default the model's own */
  readonly maxOutputTokens?: number;
  readonly signal: AbortSignal;
}

/** Tokens of one or more calls, as the provider counts them. */
export interface ModelUsage {
  /** All input tokens, those from a cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input tokens that came from the provider's cache, where it says so. */
  readonly cachedInputTokens?: number;
}

/** What it answered. */
export interface ModelReply {
  readonly text: string;
  /** Tokens of this call, failed tries included. */
  readonly usage?: ModelUsage;
  /** Tries that failed on the way before this one succeeded. @default 0 */
  readonly retries?: number;
  /** The model that answered, where several could have. @default the name of the one that was asked */
  readonly model?: string;
}

/** A language model, whoever provides it. It proposes; code checks. */
export interface LanguageModel {
  /** Provider and model, for events and the journal; no secret. */
  readonly name: string;
  readonly capabilities: {
    /**
     * `native`: the provider holds answers to the schema. `tool`: the answer comes as the input of a tool of this schema.
     * `none`: the schema is part of the prompt alone.
     */
    readonly structuredOutput: 'native' | 'tool' | 'none';
    /** Calls tools by the provider's own protocol; else the form of a call is part of the prompt and of the schema. @default false */
    readonly tools?: boolean;
  };
  /**
   * May throw anything; an error counts as no answer. Models of this library throw a `TrainerError` with a code that begins
   * with `LLM_`, and in `details` the `usage` and `retries` of tries that failed.
   */
  generate(request: ModelRequest): Promise<ModelReply>;
}
