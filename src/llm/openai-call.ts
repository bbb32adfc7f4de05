import { isRecord } from './is-record.ts';
import type { StrictSchema } from './strict-schema.ts';

/** One try of a call. */
export interface OpenAICall {
  readonly name: string;
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  readonly strict: StrictSchema | undefined;
  readonly stream: boolean;
  readonly maxOutputTokens: number;
  readonly temperature?: number;
  /** Not OpenAI itself: older names of parameters are understood by more servers. */
  readonly isCompatible: boolean;
  readonly signal: AbortSignal;
}

/** The events of a stream, or the one reply where the server did not stream. */
export async function* eventsOf(answer: unknown): AsyncGenerator<Readonly<Record<string, unknown>>> {
  if (isRecord(answer) && Symbol.asyncIterator in (answer as object)) {
    for await (const event of answer as unknown as AsyncIterable<unknown>) if (isRecord(event)) yield event;
  } else if (isRecord(answer)) yield answer;
}
