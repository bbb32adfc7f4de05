import { TrainerError } from './errors.ts';
import { canonicalJson, type Json } from './helpers/canonical-json.ts';
import { frozenCopy } from './helpers/frozen-copy.ts';
import type { JournalBody, Position } from './journal-record.ts';
import type { RunStore } from './store.ts';

type Body<Kind extends JournalBody['kind']> = Extract<JournalBody, { kind: Kind }>;

function key(at: Position): string {
  return `${at.stage}#${at.visit} ${at.name}#${at.ordinal}`;
}

/** The first place where two JSON values differ, as `a.b[0]`. */
export function differenceOf(was: Json | undefined, is: Json | undefined, path = ''): string | undefined {
  if (canonicalJson(was ?? null) === canonicalJson(is ?? null)) return undefined;
  if (Array.isArray(was) && Array.isArray(is)) {
    for (let i = 0; i < Math.max(was.length, is.length); i++) {
      const found = differenceOf(was[i] as Json, is[i] as Json, `${path}[${i}]`);
      if (found !== undefined) return found;
    }
  } else if (isRecord(was) && isRecord(is)) {
    for (const name of [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()) {
      const found = differenceOf(was[name], is[name], path === '' ? name : `${path}.${name}`);
      if (found !== undefined) return found;
    }
  }
  return path === '' ? 'the whole value' : path;
}

function isRecord(value: unknown): value is Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The journal of a run by position: what a stage asked and called before comes back without being asked or called again. */
export class Journal {
  readonly #store: RunStore;
  readonly #decisions = new Map<string, Body<'decision'>>();
  readonly #calls = new Map<string, Body<'call'>>();
  readonly #modelCalls = new Map<string, Body<'model-call'>>();
  readonly #notes = new Map<string, Body<'note'>>();
  readonly #messages = new Map<string, Json>();
  readonly #bodies: JournalBody[] = [];
  readonly #onAppend: (record: number) => void;

  constructor(store: RunStore, onAppend: (record: number) => void) {
    this.#store = store;
    this.#onAppend = onAppend;
    for (const { body } of store.records) this.#index(body);
  }

  /** Everything so far, in order. */
  get bodies(): readonly JournalBody[] {
    return this.#bodies;
  }

  /** The number of the record that a position's result is in. */
  recordOf(kind: 'decision' | 'call', at: Position): number | undefined {
    const found = this.#bodies.findIndex((body) => body.kind === kind && key(body.at) === key(at));
    return found < 0 ? undefined : found + 1;
  }

  async append(body: JournalBody): Promise<void> {
    const record = await this.#store.append(body);
    this.#index(body);
    this.#onAppend(record);
  }

  /** @throws {TrainerError} RESUME_MISMATCH where the question was asked on other facts. */
  decision(at: Position, facts: Json): Body<'decision'> | undefined {
    const found = this.#decisions.get(key(at));
    if (found !== undefined) this.#sameOrThrow(at, 'facts', found.facts, facts);
    return found;
  }

  /** Who took the last decision of a question in one visit of a stage. */
  decidedBy({ stage, visit, name }: Omit<Position, 'ordinal'>): Body<'decision'>['by'] | undefined {
    const found = this.#bodies.findLast(
      (body) => body.kind === 'decision' && body.at.stage === stage && body.at.visit === visit && body.at.name === name,
    );
    return found?.kind === 'decision' ? found.by : undefined;
  }

  /** @throws {TrainerError} RESUME_MISMATCH where the tool was called with another input. */
  call(at: Position, input: Json): Body<'call'> | undefined {
    const found = this.#calls.get(key(at));
    if (found !== undefined) this.#sameOrThrow(at, 'input', found.input, input);
    return found;
  }

  /** A recorded reply of a language model to exactly these bytes. */
  modelCall(at: Position, outbound: string): Body<'model-call'> | undefined {
    const found = this.#modelCalls.get(key(at));
    return found?.outbound === outbound ? found : undefined;
  }

  /** A value that was recorded at a position. */
  note(at: Position): Body<'note'> | undefined {
    return this.#notes.get(key(at));
  }

  /** @throws {TrainerError} RESUME_MISMATCH where a finished stage says something else than before. */
  message(stage: string, visit: number, body?: Json): Json | undefined {
    const found = this.#messages.get(`${stage}#${visit}`);
    if (found !== undefined && body !== undefined)
      this.#sameOrThrow({ stage, visit, name: 'message', ordinal: 0 }, 'body', found, body);
    return found;
  }

  /** Reads of the vault that this run has recorded, by the model's hash. */
  vaultReads(): ReadonlySet<string> {
    return new Set(this.#bodies.flatMap((body) => (body.kind === 'vault-read' ? [body.modelHash] : [])));
  }

  #sameOrThrow(at: Position, what: string, was: Json, is: Json): void {
    const path = differenceOf(was, is);
    if (path === undefined) return;
    throw new TrainerError(
      'RESUME_MISMATCH',
      `Expected ${what} of "${at.name}" (${at.stage}, call ${at.ordinal + 1}) to be what the journal holds, but ${path} differs. The data, an agent or the version changed since: start a new run.`,
      { details: { ...at, path } },
    );
  }

  #index(recorded: JournalBody): void {
    const body = frozenCopy(recorded); // whoever gave a part of it may go on changing theirs
    this.#bodies.push(body);
    if (body.kind === 'decision') this.#decisions.set(key(body.at), body);
    else if (body.kind === 'call') this.#calls.set(key(body.at), body);
    else if (body.kind === 'model-call') this.#modelCalls.set(key(body.at), body);
    else if (body.kind === 'note') this.#notes.set(key(body.at), body);
    else if (body.kind === 'message') this.#messages.set(`${body.stage}#${body.visit}`, body.body);
  }
}
