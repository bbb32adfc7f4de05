import { isRecord } from './is-record.ts';
import { type StrictSchema, strictSchema } from './strict-schema.ts';

/**
 * A JSON Schema in the words that `node-llama-cpp` makes grammars of: the strict form, in which every property is required,
 * with `oneOf` for `anyOf`. Undefined where it has none; any JSON is then taken, and checked by whoever asks.
 *
 * Source: node-llama-cpp, `GbnfJsonSchema`.
 */
export function grammarSchema(schema: Readonly<Record<string, unknown>>): StrictSchema | undefined {
  const strict = strictSchema(schema, { keepBounds: true, takesRecords: true });
  return strict === undefined ? undefined : { ...strict, schema: withOneOf(strict.schema) as StrictSchema['schema'] };
}

function withOneOf(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withOneOf);
  if (!isRecord(node)) return node;
  const { anyOf, ...rest } = node;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (key === 'properties' && isRecord(value))
      result.properties = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withOneOf(part)]));
    else result[key] = ['items', 'additionalProperties'].includes(key) ? withOneOf(value) : value;
  }
  return anyOf === undefined ? result : { ...result, oneOf: withOneOf(anyOf) };
}
