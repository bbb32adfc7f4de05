import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import type { Privacy } from './privacy.ts';
import type { Schema } from './standard-schema.ts';

/** One fact that a question rests on. */
export interface Fact<Subject> {
  readonly name: string;
  /** The least level of privacy at which it is shown. @default 'schema-only' */
  readonly level?: Privacy;
  /** It is shown whole or not at all; a language model that can't be shown it is not asked. @default false */
  readonly isNeeded?: boolean;
  /**
   * Undefined where there is nothing to tell. A list is cut from its end where not all of it fits, so what matters most comes
   * first.
   */
  value(subject: Subject): Json | undefined;
}

/** What a language model is told of a question. */
export interface Prompt<Subject> {
  /** One sentence: what is chosen. */
  readonly about: string;
  /** By falling importance: where not all fits, the last go first. */
  readonly facts: readonly Fact<Subject>[];
  /** What it may answer, where that is less than what a host may. @default the schema of the question */
  answer?(subject: Subject): Schema<unknown>;
}

/** A member of the subject as a fact, as it is. */
export function told<Subject>(
  name: keyof Subject & string,
  options: Pick<Fact<Subject>, 'level' | 'isNeeded'> = {},
): Fact<Subject> {
  return { name, ...options, value: (subject) => subject[name] as Json | undefined };
}

/** Facts as far as they fit, and what does not. */
export interface FittedFacts {
  readonly shown: Readonly<Record<string, Json>>;
  /** Items of lists, and members of objects, that are left out, by fact. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** A fact that is needed and does not fit. */
  readonly missing?: string;
}

/** Facts in their order while there is room for them, in bytes of JSON. */
export function fitFacts(
  facts: readonly (readonly [Pick<Fact<never>, 'name' | 'isNeeded'>, Json])[],
  bytes: number,
): FittedFacts {
  const shown: Record<string, Json> = {};
  const leftOut: Record<string, number> = {};
  let missing: string | undefined;
  let left = bytes;
  for (const [{ name, isNeeded }, value] of facts) {
    const head = Buffer.byteLength(JSON.stringify(name)) + 2;
    const size = Buffer.byteLength(canonicalJson(value));
    if (head + size <= left) {
      shown[name] = value;
      left -= head + size;
      continue;
    }
    if (isNeeded === true) missing ??= name;
    if (!Array.isArray(value)) {
      leftOut[name] = typeof value === 'object' && value !== null ? Object.keys(value).length : 1;
      continue;
    }
    const items: Json[] = [];
    let room = left - head - 2;
    for (const item of value as readonly Json[]) {
      room -= Buffer.byteLength(canonicalJson(item)) + 1;
      if (room < 0) break;
      items.push(item);
    }
    leftOut[name] = value.length - items.length;
    if (items.length === 0 || isNeeded === true) continue;
    shown[name] = items;
    left -= head + Buffer.byteLength(canonicalJson(items));
  }
  return { shown, leftOut, ...(missing === undefined ? {} : { missing }) };
}

/** Values of an enum up to which it is never narrowed. */
const shortEnum = 50;

/**
 * A JSON Schema whose long lists of names are cut to those that are shown: a name that a model knows nothing of is none that
 * it can choose. The answer is checked by the whole schema all the same.
 */
export function narrowSchema(
  schema: Readonly<Record<string, unknown>>,
  shown: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const narrow = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(narrow);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, part]) => {
        if (key !== 'enum' || !Array.isArray(part) || part.length <= shortEnum) return [key, narrow(part)];
        const known = part.filter((name) => shown.has(String(name)));
        return [key, known.length > 0 ? known : part.slice(0, shortEnum)];
      }),
    );
  };
  return narrow(schema) as Readonly<Record<string, unknown>>;
}

/** All texts of a JSON value, names of members included. */
export function textsOf(value: Json, texts = new Set<string>()): Set<string> {
  if (typeof value === 'string') texts.add(value);
  else if (Array.isArray(value)) for (const part of value) textsOf(part as Json, texts);
  else if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value)) textsOf(part as Json, texts.add(name));
  return texts;
}
