import { isRecord } from './is-record.ts';
import type { ProviderTry } from './provider-call.ts';

/** One try of a call to a server that speaks OpenAI's protocol. */
export interface OpenAICall extends ProviderTry {
  readonly model: string;
  readonly temperature?: number;
  /** Not OpenAI itself: older names of parameters are understood by more servers. */
  readonly isCompatible: boolean;
}

/** The events of a stream, or the one reply where the server did not stream. */
export async function* eventsOf(answer: unknown): AsyncGenerator<Readonly<Record<string, unknown>>> {
  if (isRecord(answer) && Symbol.asyncIterator in (answer as object)) {
    for await (const event of answer as unknown as AsyncIterable<unknown>) if (isRecord(event)) yield event;
  } else if (isRecord(answer)) yield answer;
}
