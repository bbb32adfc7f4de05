import { z } from 'zod';
import type { ColumnOf } from '../tools/artefact/typed-predictions.ts';
import { TrainerError } from './errors.ts';
import type { Json } from './helpers/canonical-json.ts';
import { type ModelForm, modelForms } from './helpers/model-forms.ts';
import type { MetricFacts } from './metric-scope.ts';
import type { Schema } from './standard-schema.ts';
import { type BuiltInMetric, type ClassWeight, metricIds, type TaskKind } from './task-spec.ts';

/** A named budget; `normal` is the default and a ceiling: small data end early. */
export type BudgetName = 'quick' | 'normal' | 'thorough';

/** One record of data: values by column name. Any object, because a value of an interface type has no index signature. */
export type DataRecord = object;

/** Data as a host has them: a path, records, or something that yields records. */
export type DataSource = string | URL | readonly DataRecord[] | Iterable<DataRecord> | AsyncIterable<DataRecord>;

/** Fields of the task that the host fixes; they are checked, and nobody is asked. */
export interface TaskFields<
  Column extends string = string,
  Target extends Column = Column,
  OwnMetric extends string = never,
> {
  readonly task?: TaskKind;
  readonly target?: Target;
  readonly positive?: string;
  readonly ignore?: readonly Column[];
  readonly weight?: Column;
  readonly group?: Column;
  readonly time?: Column;
  /**
   * `balanced` gives every class the same weight in the fits (as `class_weight='balanced'` of scikit-learn); predicted probabilities
   * are put right for it, so they stay those of the data. @default 'none', unless the prompt asks for it
   */
  readonly classWeight?: ClassWeight;
  /** A built-in metric, or one of the trainer's `metrics` by its name. */
  readonly metric?: BuiltInMetric | OwnMetric;
  /** At least this (or at most, where less is better). */
  readonly threshold?: number;
}

/** How delimited text is read, where what is found from the bytes is not right. */
export interface ReadingOptions {
  readonly encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  /** One character or more between fields. */
  readonly delimiter?: string;
  /** '' where quotes are ordinary characters. */
  readonly quote?: string;
  /** Whether the first row names the columns. */
  readonly header?: boolean;
  /** Spellings of missing besides the usual ones. */
  readonly missing?: readonly string[];
}

/** What a host asks for. */
export interface RunRequest<
  Row extends object = object,
  Target extends ColumnOf<Row> = ColumnOf<Row>,
  OwnMetric extends string = never,
> {
  /** What is needed, in plain words. */
  readonly prompt?: string;
  /** The data to learn from. */
  readonly data?: DataSource;
  /** The host's own test rows; the vault then holds these, and nothing is split off. */
  readonly testData?: DataSource;
  /**
   * What a record is, by any validator of Standard Schema (zod, valibot, arktype, …): every record of `data` and `testData`
   * must fit, what the schema makes of it is learned from, and `predict` knows the types. Needs records, not a path.
   */
  readonly schema?: Schema<Row>;
  readonly task?: TaskFields<ColumnOf<Row>, Target, OwnMetric>;
  /**
   * Forms to have the model in. Those with rounded weights are judged on validation data, and the smallest that loses nothing to speak of becomes
   * the model unless `float32` is asked for too; every other one is delivered beside it. Without it the words of the prompt decide.
   */
  readonly forms?: readonly ModelForm[];
  /** Answers by question id. */
  readonly answers?: Readonly<Record<string, Json>>;
  /** @default 'normal' */
  readonly budget?: BudgetName | { readonly workUnits: number };
  /** @default 0 */
  readonly seed?: number;
  /** A safety stop by the clock; when it fires, search ends and the card says so. Unlimited by default. */
  readonly maxSeconds?: number;
  /** Rows to read at most; more are sampled, and the report says so. */
  readonly maxRows?: number;
  /** How text files are read; the same for data and test data. */
  readonly reading?: ReadingOptions;
  readonly signal?: AbortSignal;
  /** @default made by the trainer */
  readonly runId?: string;
}

const fieldsSchema = z.strictObject({
  task: z.enum(['binary', 'multiclass', 'regression']).optional(),
  target: z.string().min(1).optional(),
  positive: z.string().optional(),
  ignore: z.array(z.string()).optional(),
  weight: z.string().optional(),
  group: z.string().optional(),
  time: z.string().optional(),
  classWeight: z.enum(['none', 'balanced']).optional(),
  metric: z.string().min(1).optional(),
  threshold: z.number().optional(),
});

const requestSchema = z.strictObject({
  // A long one is condensed before it is read, in time that is linear in its length.
  prompt: z.string().max(20_000).default(''),
  data: z.any().optional(),
  testData: z.any().optional(),
  schema: z.any().optional(),
  task: fieldsSchema.optional(),
  forms: z.array(z.string()).optional(),
  answers: z.record(z.string(), z.json()).optional(),
  budget: z
    .union([z.enum(['quick', 'normal', 'thorough']), z.strictObject({ workUnits: z.number().positive() })])
    .default('normal'),
  seed: z.number().int().min(0).max(4_294_967_295).default(0),
  maxSeconds: z.number().positive().optional(),
  maxRows: z.number().int().positive().optional(),
  reading: z
    .strictObject({
      encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']).optional(),
      delimiter: z.string().min(1).max(10).optional(),
      quote: z.string().max(1).optional(),
      header: z.boolean().optional(),
      missing: z.array(z.string()).max(100).optional(),
    })
    .optional(),
  signal: z.instanceof(AbortSignal).optional(),
  runId: z.string().optional(),
});

/** A request after its checks; `data` are still the host's. */
export type CheckedRequest = Omit<
  z.infer<typeof requestSchema>,
  'data' | 'testData' | 'schema' | 'signal' | 'runId' | 'forms'
> & { readonly forms?: readonly ModelForm[] | undefined };

/**
 * Checks a request at the door.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function checkRequest(request: RunRequest, ownMetrics: readonly MetricFacts[] = []): CheckedRequest {
  const result = requestSchema.safeParse(request);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected a valid request, but ${issue.path.join('.') || 'it'}: ${issue.message}.`,
      { details: { path: issue.path.join('.') } },
    );
  }
  const strange = result.data.forms?.find((form) => !(modelForms as readonly string[]).includes(form));
  if (strange !== undefined) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected forms to be of ${modelForms.join(', ')}, got "${strange}", which can not be made here. Take one of those and convert it by a tool of that format.`,
      { details: { path: 'forms' } },
    );
  }
  const forms = result.data.forms === undefined ? undefined : ([...new Set(result.data.forms)] as ModelForm[]);
  const metric = result.data.task?.metric;
  const known = [...metricIds, ...ownMetrics.map(({ name }) => name)];
  if (metric !== undefined && !known.includes(metric)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected task.metric to be one of ${known.join(', ')}, got "${metric}". A metric of your own goes into \`new Trainer({ metrics })\`.`,
      { details: { path: 'task.metric' } },
    );
  }
  if (result.data.task?.threshold !== undefined && result.data.task.metric === undefined) {
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected `task.threshold` together with `task.metric`, got no metric. Name the metric that must reach it.',
    );
  }
  for (const name of ['data', 'testData'] as const) {
    if (!isSource(request[name])) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected ${name} to be a path, a file URL, an array of records or an (async) iterable of records, got ${describe(request[name])}.`,
      );
    }
  }
  checkSchema(request);
  const {
    data: _data,
    testData: _testData,
    schema: _schema,
    signal: _signal,
    runId: _runId,
    forms: _forms,
    ...checked
  } = result.data;
  return forms === undefined ? checked : { ...checked, forms };
}

function checkSchema({ schema, data, testData }: RunRequest): void {
  if (schema === undefined) return;
  const isSchema = typeof (schema as Partial<Schema> | null)?.['~standard']?.validate === 'function';
  if (!isSchema)
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected schema to be one of a library of Standard Schema (zod, valibot, arktype, …), got something else.',
    );
  for (const source of [data, testData]) {
    if (typeof source !== 'string' && !(source instanceof URL)) continue;
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected records together with a schema, got a path: a file is read in another process. Read it yourself and pass its records, or leave the schema out.',
    );
  }
}

function isSource(value: unknown): boolean {
  if (value === undefined || typeof value === 'string') return true;
  if (value instanceof URL) return value.protocol === 'file:';
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

function describe(value: unknown): string {
  if (value instanceof URL) return `a URL of protocol "${value.protocol}" (read it yourself and pass records)`;
  return value === null ? 'null' : typeof value;
}
