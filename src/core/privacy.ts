import type { Json } from './helpers/canonical-json.ts';
import { redact } from './helpers/redact.ts';
import { type Fact, type FittedFacts, fitFacts } from './prompt.ts';
import type { Question } from './question.ts';

/**
 * What a language model may be shown of the data. `schema-only`: names and kinds of columns, counts, and what was measured
 * of models. `aggregates`: also statistics of the values, where small counts are merged. `samples`: also cells, at most 20
 * a question, without what names or opens.
 */
export type Privacy = 'schema-only' | 'aggregates' | 'samples';

export const privacyLevels: readonly Privacy[] = ['schema-only', 'aggregates', 'samples'];

/** Cells that a question may show. */
const mostSamples = 20;
/** Characters of a cell that is shown. */
const longestSample = 200;

/** Whether what needs one level may be shown at another. */
export function isShown(needed: Privacy, at: Privacy): boolean {
  return privacyLevels.indexOf(needed) <= privacyLevels.indexOf(at);
}

/** What of a question's facts leaves at a level of privacy and fits; its texts redacted but for names that answers repeat. */
export function shownFacts<Subject>(
  question: Question<string, Subject, unknown>,
  subject: Subject,
  facts: Json,
  schema: Readonly<Record<string, unknown>>,
  limits: { readonly privacy: Privacy; readonly bytes: number; readonly memory?: Json },
): FittedFacts {
  const names = namesOf(schema);
  const { prompt } = question;
  const told: (readonly [Pick<Fact<never>, 'name' | 'isNeeded'>, Json])[] =
    prompt === undefined
      ? Object.entries(asRecord(facts)).map(([name, value]) => [{ name: redact(name) }, redactJson(value, names)])
      : prompt.facts.flatMap((fact) => {
          const value = isShown(fact.level ?? 'schema-only', limits.privacy) ? fact.value(subject) : undefined;
          return value === undefined ? [] : [[fact, redactJson(value, names)] as const];
        });
  // Last, and so the first to be cut.
  const memory = limits.memory === undefined ? [] : [[{ name: 'decided' }, redactJson(limits.memory, names)] as const];
  return fitFacts([...told, ...memory], limits.bytes);
}

function asRecord(facts: Json): Readonly<Record<string, Json>> {
  const isObject = typeof facts === 'object' && facts !== null && !Array.isArray(facts);
  return isObject ? (facts as Readonly<Record<string, Json>>) : { facts };
}

/** Texts of a JSON value, redacted, but for those in `keep`: names that an answer has to repeat to the letter. */
export function redactJson(value: Json, keep: ReadonlySet<string>): Json {
  if (typeof value === 'string') return keep.has(value) ? value : redact(value);
  if (Array.isArray(value)) return value.map((item) => redactJson(item as Json, keep));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [keep.has(name) ? name : redact(name), redactJson(part as Json, keep)]),
  );
}

/** Names that a schema lists. */
export function namesOf(schema: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(schema)) for (const part of schema) namesOf(part, names);
  else if (typeof schema === 'object' && schema !== null) {
    for (const [key, part] of Object.entries(schema)) {
      if (key === 'enum' || key === 'const')
        for (const name of [part].flat()) if (typeof name === 'string') names.add(name);
      namesOf(part, names);
    }
  }
  return names;
}

/**
 * Counts by name with small ones merged into `other`, so that no row can be told from a count; for facts of the level
 * `aggregates`. Where the merged ones are themselves fewer than `least`, the smallest that is left joins them.
 *
 * @param least counts below it are merged. @default 10
 */
export function mergeSmallCounts(
  counts: Readonly<Record<string, number>>,
  least = 10,
): Readonly<Record<string, number>> {
  const kept = Object.entries(counts).sort(([, a], [, b]) => b - a);
  let other = 0;
  while (kept.length > 0 && (kept.at(-1)![1] < least || (other > 0 && other < least))) other += kept.pop()![1];
  if (other === 0) return Object.fromEntries(kept);
  // A value may be called "other" itself.
  const own = kept.find(([name]) => name === 'other')?.[1] ?? 0;
  return Object.fromEntries([...kept.filter(([name]) => name !== 'other'), ['other', own + other]]);
}

/** The first cells of a column as texts, at most 20, redacted and cut; for facts of the level `samples`. */
export function sampleCells(values: Iterable<unknown>): readonly string[] {
  const cells: string[] = [];
  for (const value of values) {
    if (cells.length >= mostSamples) break;
    if (value !== undefined && value !== null) cells.push(redact(String(value).slice(0, 2000)).slice(0, longestSample));
  }
  return cells;
}
