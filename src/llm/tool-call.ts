import { parseReply } from './extract-json.ts';
import { isRecord } from './is-record.ts';

/** A call of a tool as the text of a reply: what a provider's own protocol says of it, in the form of this library. */
export function toolCallText(name: unknown, input: unknown): string {
  return JSON.stringify({ tool: String(name), input: typeof input === 'string' ? parsed(input) : (input ?? {}) });
}

function parsed(text: string): unknown {
  // What is not JSON is refused by the schema of the input, and the model is shown why.
  return text.trim() === '' ? {} : (parseReply(text) ?? text);
}

/** A tool's schema without what only documents name. */
export function inputSchema(schema: Readonly<Record<string, unknown>>): Record<string, unknown> & { type: 'object' } {
  const { $schema: _, ...rest } = schema;
  return { ...rest, type: 'object' };
}

/** The first call of a tool among the items of a reply. */
export function firstCall(
  items: unknown,
  read: (item: Readonly<Record<string, unknown>>) => { readonly name: unknown; readonly input: unknown } | undefined,
): string | undefined {
  for (const item of Array.isArray(items) ? items : []) {
    const call = isRecord(item) ? read(item) : undefined;
    if (call !== undefined) return toolCallText(call.name, call.input);
  }
  return undefined;
}
