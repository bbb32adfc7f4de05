/**
 * A language model of the AI SDK by its shape: specification V4 (`ai` 7), V3 (`ai` 6) or V2 (`ai` 5). The packages that
 * define them are not needed.
 *
 * Source: the package `@ai-sdk/provider`, versions 2 to 4.
 */
export interface AiSdkLanguageModel {
  readonly specificationVersion: 'v4' | 'v3' | 'v2';
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: never): PromiseLike<unknown>;
  doStream(options: never): PromiseLike<unknown>;
}

/** What all three specifications take. */
export interface AiSdkCall {
  readonly prompt: readonly (
    | { readonly role: 'system'; readonly content: string }
    | { readonly role: 'user'; readonly content: readonly { readonly type: 'text'; readonly text: string }[] }
  )[];
  readonly maxOutputTokens: number;
  readonly temperature?: number;
  readonly responseFormat?: { readonly type: 'json'; readonly schema: object; readonly name: string };
  readonly tools?: readonly {
    readonly type: 'function';
    readonly name: string;
    readonly description: string;
    readonly inputSchema: object;
  }[];
  readonly toolChoice?: { readonly type: 'tool'; readonly toolName: string };
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly abortSignal: AbortSignal;
}
