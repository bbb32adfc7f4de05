import { parseReply } from './extract-json.ts';
import { isRecord } from './is-record.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema in the form that strict modes of providers take, and the way back from its answers. */
export interface StrictSchema {
  readonly schema: JsonSchema;
  /** The text of an answer, as the original schema would have it: unwrapped, nulls that stand for "absent" dropped. */
  restore(text: string): string;
}

/** Keywords of constraints that strict modes know only in part; code checks them all, so they may go. */
const dropped = new Set([
  '$schema',
  'default',
  'minLength',
  'maxLength',
  'format',
  'pattern',
  'propertyNames',
  'title',
]);
/** Further ones that Anthropic's structured output refuses. */
const bounds = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'maxItems',
  'minItems',
]);
/** The limits of OpenAI's strict mode. */
const maxDepth = 10;
const maxEnumValues = 1000;
const maxEnumCharacters = 15_000;

/**
 * Rewrites a JSON Schema for strict structured output: every property required (optional ones nullable), no other
 * properties, `oneOf` as `anyOf`, an object at the root. Returns undefined where the schema can't be said in that form
 * (records of any keys, references, too many values); the prompt then has to do.
 *
 * Source: OpenAI, "Structured model outputs", supported schemas.
 */
export function strictSchema(
  schema: JsonSchema,
  options: {
    readonly keepBounds: boolean;
    /** Records of any keys stay, for what can say them. @default false */
    readonly takesRecords?: boolean;
  },
): StrictSchema | undefined {
  const count = { values: 0, characters: 0 };
  const rewrite = (node: unknown, depth: number): JsonSchema | undefined => {
    if (!isRecord(node) || depth > maxDepth || '$ref' in node || 'allOf' in node || 'not' in node) return undefined;
    const result: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(node)) {
      if (dropped.has(key) || (!options.keepBounds && bounds.has(key))) continue;
      if (['properties', 'required', 'additionalProperties', 'items', 'prefixItems', 'anyOf', 'oneOf'].includes(key))
        continue;
      result[key] = value;
    }
    if (Array.isArray(node.enum)) {
      count.values += node.enum.length;
      count.characters += node.enum.reduce((sum: number, value) => sum + String(value).length, 0);
      if (count.values > maxEnumValues || count.characters > maxEnumCharacters) return undefined;
    }
    const branches = node.anyOf ?? node.oneOf;
    if (Array.isArray(branches)) {
      const rewritten = branches.map((branch) => rewrite(branch, depth + 1));
      if (rewritten.some((branch) => branch === undefined)) return undefined;
      result.anyOf = rewritten;
      return result;
    }
    if (node.type === 'array' || 'items' in node) {
      if ('prefixItems' in node) return undefined;
      const items = rewrite(node.items, depth + 1);
      return items === undefined ? undefined : { ...result, items };
    }
    if (node.type === 'object' || 'properties' in node) {
      let others: JsonSchema | false | undefined = false;
      if (isRecord(node.additionalProperties)) {
        others = options.takesRecords === true ? rewrite(node.additionalProperties, depth + 1) : undefined;
      } else if (node.additionalProperties === true && node.properties === undefined) others = undefined;
      if (others === undefined) return undefined;
      const properties = isRecord(node.properties) ? node.properties : {};
      const required = new Set(Array.isArray(node.required) ? node.required : []);
      const rewritten: Record<string, unknown> = {};
      for (const [name, property] of Object.entries(properties)) {
        const strict = rewrite(property, depth + 1);
        if (strict === undefined) return undefined;
        rewritten[name] = required.has(name) || admitsNull(strict) ? strict : { anyOf: [strict, { type: 'null' }] };
      }
      return {
        ...result,
        type: 'object',
        properties: rewritten,
        required: Object.keys(rewritten),
        additionalProperties: others,
      };
    }
    // A value of any type: strict modes ask for one that is named.
    return 'type' in result || 'enum' in result || 'const' in result ? result : undefined;
  };
  const rewritten = rewrite(schema, 0);
  if (rewritten === undefined) return undefined;
  const isWrapped = rewritten.type !== 'object';
  return {
    schema: isWrapped
      ? { type: 'object', properties: { value: rewritten }, required: ['value'], additionalProperties: false }
      : rewritten,
    restore(text) {
      let value = parseReply(text);
      if (value === undefined) return text; // the ladder looks for JSON in it, and shows the model what was wrong
      if (isWrapped && isRecord(value) && Object.keys(value).length === 1 && 'value' in value) value = value.value;
      return JSON.stringify(dropNulls(value, schema));
    },
  };
}

/** Nulls of optional properties that can't be null by the original schema stand for "absent". */
export function dropNulls(value: unknown, schema: unknown): unknown {
  if (!isRecord(schema)) return value;
  const branches = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branches))
    return dropNulls(
      value,
      branches.find((branch) => couldBe(value, branch)),
    );
  if (Array.isArray(value)) return value.map((item) => dropNulls(item, schema.items));
  if (!isRecord(value)) return value;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (part === null && property !== undefined && !required.includes(name) && !admitsNull(property)) return [];
      return [[name, dropNulls(part, property)]];
    }),
  );
}

/** Whether a value is of the kind of a branch: its type, and for objects the names and constants that tell branches apart. */
function couldBe(value: unknown, branch: unknown): boolean {
  if (!isRecord(branch)) return false;
  if ('const' in branch) return branch.const === value;
  if (Array.isArray(branch.enum)) return branch.enum.includes(value);
  if (branch.type === 'object') {
    if (!isRecord(value)) return false;
    const properties = isRecord(branch.properties) ? branch.properties : {};
    const required = Array.isArray(branch.required) ? branch.required : [];
    if (required.some((name) => !Object.hasOwn(value, name))) return false;
    if (branch.additionalProperties === false && Object.keys(value).some((name) => !Object.hasOwn(properties, name)))
      return false;
    return Object.entries(properties).every(
      ([name, property]) => !isRecord(property) || !('const' in property) || value[name] === property.const,
    );
  }
  if (branch.type === 'array') return Array.isArray(value);
  if (branch.type === 'null') return value === null;
  if (branch.type === 'integer' || branch.type === 'number') return typeof value === 'number';
  return branch.type === undefined || typeof value === branch.type;
}

function admitsNull(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const branches = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(branches)) return branches.some(admitsNull);
  if (Array.isArray(schema.enum)) return schema.enum.includes(null);
  if ('const' in schema) return schema.const === null;
  return schema.type === 'null' || (Array.isArray(schema.type) && schema.type.includes('null'));
}
