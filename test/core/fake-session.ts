import { Budget } from '../../src/core/budget.ts';
import type { Decider } from '../../src/core/decider.ts';
import type { EventType, RunEvent } from '../../src/core/events.ts';
import { canonicalJson, type Json } from '../../src/core/helpers/canonical-json.ts';
import { frozenCopy } from '../../src/core/helpers/frozen-copy.ts';
import { sha256 } from '../../src/core/helpers/hash.ts';
import { Journal } from '../../src/core/journal.ts';
import type { JournalBody, JournalRecord } from '../../src/core/journal-record.ts';
import { type LlmBudget, LlmLedger } from '../../src/core/llm-budget.ts';
import type { Privacy } from '../../src/core/privacy.ts';
import type { RunSession } from '../../src/core/run-session.ts';
import type { RunStore } from '../../src/core/store.ts';
import type { Tool } from '../../src/core/tool.ts';
import { memoryLedger } from '../../src/core/vault-ledger.ts';
import type { Workbench } from '../../src/core/workbench.ts';
import type { LanguageModel } from '../../src/llm/language-model.ts';
import { fakeClock } from '../../src/testing/index.ts';

/** A store that keeps everything in memory, and can be cut off: the process is gone after so many records. */
export interface FakeStore extends RunStore {
  readonly bodies: JournalBody[];
  readonly blobBytes: Map<string, Uint8Array>;
}

/** Thrown by an append of a fake store that was cut off. */
export class Killed extends Error {}

export function fakeStore(bodies: readonly JournalBody[] = [], limit = Number.POSITIVE_INFINITY): FakeStore {
  const written = structuredClone(bodies) as JournalBody[];
  const blobBytes = new Map<string, Uint8Array>();
  return {
    runId: 'run-1',
    folder: '/nowhere',
    bodies: written,
    blobBytes,
    records: written.map((body, index): JournalRecord => ({ record: index + 1, body })),
    blobs: {
      async put(parts) {
        const bytes = parts instanceof Uint8Array ? parts : Buffer.concat(parts);
        blobBytes.set(sha256(bytes), bytes);
        return sha256(bytes);
      },
      get: async (hash) => blobBytes.get(hash)!,
      has: async (hash) => blobBytes.has(hash),
    },
    async append(body) {
      if (written.length >= limit) throw new Killed();
      // Through text, as a file would.
      written.push(JSON.parse(canonicalJson(body)) as JournalBody);
      return written.length;
    },
    close: async () => undefined,
  };
}

/** A bench of tools that count their calls. */
export function fakeBench(
  tools: Readonly<Record<string, (input: Json) => Json | Promise<Json>>>,
  where: 'child' | 'host' = 'child',
): Workbench & { readonly calls: { tool: string; input: Json }[] } {
  const calls: { tool: string; input: Json }[] = [];
  return {
    where,
    calls,
    async call(tool, input) {
      calls.push({ tool, input: structuredClone(input) });
      return tools[tool]!(input);
    },
    close: () => undefined,
  };
}

export interface FakeSession extends RunSession {
  readonly events: RunEvent[];
  readonly store: FakeStore;
  readonly controller: AbortController;
}

/** Everything a stage needs, in memory. */
export function fakeSession(
  options: {
    readonly store?: FakeStore;
    readonly llm?: LanguageModel;
    readonly llmBudget?: LlmBudget;
    readonly privacy?: Privacy;
    readonly deciders?: Readonly<Record<string, readonly Decider<never>[]>>;
    readonly deciderTimeoutMs?: number;
    readonly given?: Readonly<Record<string, unknown>>;
    readonly pausedOn?: readonly string[];
    readonly child?: Workbench;
    readonly host?: Workbench;
    readonly tools?: readonly Tool[];
    readonly memory?: Json;
    readonly onEvent?: (event: RunEvent) => void;
  } = {},
): FakeSession {
  const store = options.store ?? fakeStore();
  const events: RunEvent[] = [];
  const controller = new AbortController();
  const clock = fakeClock();
  const emit = (type: EventType, body: object) => {
    const event = frozenCopy({ type, runId: 'run-1', seq: events.length + 1, time: clock.now(), ...body }) as RunEvent;
    events.push(event);
    options.onEvent?.(event);
  };
  return {
    runId: 'run-1',
    input: { prompt: '', budget: 'quick', seed: 0, hasTestData: false, ownBackends: [], ownMetrics: [] },
    store,
    journal: new Journal(store, (record) => emit('checkpoint', { record })),
    budget: new Budget(1000),
    clock,
    signal: controller.signal,
    controller,
    child: options.child ?? fakeBench({}),
    host: options.host ?? fakeBench({}, 'host'),
    llm: options.llm,
    ledger: new LlmLedger(options.llmBudget ?? {}, store.bodies),
    privacy: options.privacy ?? 'schema-only',
    hostLearners: [],
    hostMetrics: [],
    deciders: new Map(Object.entries(options.deciders ?? {})) as unknown as RunSession['deciders'],
    deciderTimeoutMs: options.deciderTimeoutMs ?? 1000,
    given: new Map(Object.entries(options.given ?? {})),
    pausedOn: new Set(options.pausedOn ?? []),
    vaultLedger: memoryLedger(),
    systemOf: (agent) => `You are the ${agent} agent.`,
    memoryOf: () => options.memory,
    toolsOf: () => options.tools ?? [],
    emit,
    secondsBefore: 0,
    startedAt: 0,
    events,
  };
}

/** What a promise rejects with; fails where it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('Expected a rejection, got none.');
}
