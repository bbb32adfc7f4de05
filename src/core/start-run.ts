import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackendFacts } from './backend-facts.ts';
import { TrainerError } from './errors.ts';
import type { ForkOrigin } from './fork-run.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import type { JournalBody } from './journal-record.ts';
import type { MetricFacts } from './metric-scope.ts';
import { validRecords } from './record-schema.ts';
import { type CheckedRequest, checkRequest, type DataSource, type RunRequest } from './request.ts';
import { isSourceData } from './source.ts';
import { spoolRecords } from './spool.ts';
import type { RunInput } from './stage.ts';
import type { Schema } from './standard-schema.ts';
import type { RunStore } from './store.ts';

/** Data as the journal knows them. */
type StoredData =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'spool'; readonly blob: string; readonly name?: string };

interface StoredRequest {
  readonly request: CheckedRequest;
  readonly data?: StoredData;
  readonly testData?: StoredData;
  /** The host's own metrics that there were. */
  readonly ownMetrics?: readonly MetricFacts[];
  /** What is considered instead of data. */
  readonly drift?: Json;
  /** The host's own backends that there were. */
  readonly ownBackends?: readonly BackendFacts[];
}

/** What the start of a run gives: the first record's content, and where the data are. */
export interface StartedRun {
  readonly input: RunInput;
  /** Files by source name. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Stores the request (and the records it came with) as the journal's first record. */
export async function startRun(
  store: RunStore,
  request: RunRequest,
  checked: CheckedRequest,
  version: string,
  time: number,
  signal: AbortSignal,
  own: { readonly metrics: readonly MetricFacts[]; readonly backends: readonly BackendFacts[] },
  drift?: Json,
): Promise<StartedRun> {
  const stored: StoredRequest = {
    request: checked,
    ...(request.data === undefined ? {} : { data: await storeData(request.data, request.schema, store, signal) }),
    ...(request.testData === undefined
      ? {}
      : { testData: await storeData(request.testData, request.schema, store, signal) }),
    ...(drift === undefined ? {} : { drift }),
    ...(own.metrics.length === 0 ? {} : { ownMetrics: own.metrics }),
    ...(own.backends.length === 0 ? {} : { ownBackends: own.backends }),
  };
  const body: JournalBody = {
    kind: 'run',
    formatVersion: 1,
    runId: store.runId,
    version,
    time,
    request: JSON.parse(canonicalJson(stored)) as Json,
  };
  await store.append(body);
  return describe(store, stored);
}

/** Reads the first record of a journal back. */
export function restartRun(store: RunStore): StartedRun {
  const first = store.records[0]?.body;
  if (first?.kind !== 'run')
    throw new TrainerError(
      'JOURNAL_DAMAGED',
      'Expected the journal to begin with the request, got something else. Start a new run.',
    );
  const stored = first.request as unknown as StoredRequest;
  checkRequest(stored.request as RunRequest, stored.ownMetrics);
  return describe(store, stored, first.fork);
}

async function storeData(
  source: DataSource,
  schema: Schema<object> | undefined,
  store: RunStore,
  signal: AbortSignal,
): Promise<StoredData> {
  if (typeof source === 'string') return { kind: 'file', path: resolve(source) }; // resumed from another folder, perhaps
  if (source instanceof URL) return { kind: 'file', path: fileURLToPath(source) };
  const opened = isSourceData(source) ? source.open(signal) : source;
  const records = schema === undefined ? opened : validRecords(schema, opened);
  const blob = await spoolRecords(records, store.blobs, signal);
  return { kind: 'spool', blob, ...(isSourceData(source) ? { name: source.sourceName } : {}) };
}

function describe(store: RunStore, stored: StoredRequest, fork?: ForkOrigin): StartedRun {
  const sources: Record<string, string> = {};
  for (const name of ['data', 'testData'] as const) {
    const data = stored[name];
    if (data !== undefined) sources[name] = data.kind === 'file' ? data.path : `${store.folder}/blobs/${data.blob}`;
  }
  const { data } = stored;
  return {
    input: {
      ...stored.request,
      ...(data === undefined
        ? {}
        : { dataName: data.kind === 'file' ? basename(data.path) : (data.name ?? 'records') }),
      hasTestData: stored.testData !== undefined,
      ownMetrics: stored.ownMetrics ?? [],
      ...(stored.drift === undefined ? {} : { drift: stored.drift }),
      ownBackends: stored.ownBackends ?? [],
      ...(fork === undefined ? {} : { fork }),
    },
    sources,
  };
}
