/** What is used of `node-llama-cpp` 3, whose own types need the package to be there. */
export interface LlamaModule {
  getLlama(options: {
    readonly build: 'never';
    readonly gpu: false;
    readonly maxThreads: number;
    readonly logLevel: 'error';
    readonly progressLogs: false;
  }): Promise<Llama>;
  resolveChatWrapper(model: LlamaModel): LlamaWrapper;
  readonly LlamaGrammarEvaluationState: new (options: {
    readonly model: LlamaModel;
    readonly grammar: LlamaGrammar;
  }) => LlamaGrammarState;
}

/** The library, loaded. */
export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  createGrammarForJsonSchema(schema: object): Promise<LlamaGrammar>;
  getGrammarFor(kind: 'json'): Promise<LlamaGrammar>;
  dispose(): Promise<void>;
}

/** A file, loaded. */
export interface LlamaModel {
  readonly trainContextSize: number;
  readonly tokenizer: unknown;
  createContext(options: { readonly contextSize: number; readonly sequences: 1 }): Promise<LlamaContext>;
  isEogToken(token: number): boolean;
  detokenize(tokens: readonly number[]): string;
}

/** The memory of a conversation. */
export interface LlamaContext {
  readonly contextSize: number;
  getSequence(): LlamaSequence;
}

/** The one conversation in it. */
export interface LlamaSequence {
  compareContextTokens(tokens: readonly number[]): { readonly firstDifferentIndex: number };
  /** Forgets what is not the beginning of these tokens. */
  adaptStateToTokens(tokens: readonly number[], allowShift: false): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  evaluate(
    tokens: readonly number[],
    options: {
      readonly temperature: 0;
      readonly seed: number;
      readonly grammarEvaluationState: LlamaGrammarState;
    },
  ): AsyncGenerator<number, void>;
}

/** Writes a conversation as the model was trained to read it. */
export interface LlamaWrapper {
  generateContextState(options: {
    readonly chatHistory: readonly (
      | { readonly type: 'system' | 'user'; readonly text: string }
      | { readonly type: 'model'; readonly response: readonly [] }
    )[];
  }): { readonly contextText: { tokenize(tokenizer: unknown): number[] } };
}

declare const grammarBrand: unique symbol;
declare const stateBrand: unique symbol;

/** What an answer may look like. */
export interface LlamaGrammar {
  readonly [grammarBrand]: never;
}

/** How far an answer has come in its grammar. */
export interface LlamaGrammarState {
  readonly [stateBrand]: never;
}
