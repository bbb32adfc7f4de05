import { TrainerError } from '../../core/errors.ts';
import type {
  CallOptions,
  EvaluateOptions,
  Evaluation,
  ModelOptions,
  NetworkSpec,
  Retreat,
  StepOptions,
  Tensors,
  TrainableNetwork,
  Training,
  TrainingData,
  TrainingSnapshot,
} from '../backend.ts';
import { CallQueue } from '../call-queue.ts';
import { checkAborted, holdsSame, readBatches, readData, readOptions, readSnapshot } from '../given.ts';
import { copySpec } from '../network/copy-spec.ts';
import { checkLearningRate } from '../network/optimiser.ts';
import type { Connection } from './connection.ts';
import { encodeBatches, encodeData, fileKey, type Message } from './message.ts';

type Json = Readonly<Record<string, unknown>>;

/** What changed the network since the last checkpoint: made again where the worker has lost it. */
type Change =
  | { readonly kind: 'steps'; readonly data: TrainingData; readonly batches: readonly Int32Array[] }
  | { readonly kind: 'rate'; readonly rate: number };

/** SHA-256 by the platform, in browsers too. */
async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sends bytes to a worker that does not have them. Returns their hash. */
export async function sendBlob(connection: Connection, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
  const hash = await hashOf(bytes);
  if (!(await connection.has(hash, signal))) await connection.ask('PUT', `blobs/${hash}`, bytes, signal);
  return hash;
}

/** What a worker has to end a call that was aborted, or half as long again as it took between messages: a step is not interrupted. */
const abortMs = 250;

const isUnreachable = (error: unknown): boolean =>
  TrainerError.isInstance(error) && error.details.isUnreachable === true;

const isLost = (error: unknown): boolean =>
  TrainerError.isInstance(error) && error.code === 'RUN_CHILD_FAILED' && !isUnreachable(error);

/** A network that trains in a worker. */
export class RemoteNetwork implements TrainableNetwork {
  readonly #connection: Connection;
  readonly #spec: { readonly network: NetworkSpec; readonly training: Training };
  readonly #given = new WeakMap<TrainingData, TrainingData>();
  readonly #hashes = new WeakMap<TrainingData, string>();
  readonly #fileHashes = new WeakMap<Uint8Array, string>();
  #id = crypto.randomUUID();
  #calls = 0;
  #step = 0;
  #checkpoint: TrainingSnapshot | undefined;
  #changes: Change[] = [];
  readonly #queue = new CallQueue();
  /** Whether the worker's network may be further than is known here. */
  #isAdrift = false;
  /** Ends what is asked of the worker at present. */
  #end = new AbortController();
  /** Milliseconds between messages of the call at present, at most. */
  #longest = 0;

  constructor(connection: Connection, network: NetworkSpec, training: Training) {
    this.#connection = connection;
    this.#spec = { network, training };
  }

  get step(): number {
    return this.#step;
  }

  /** Makes the network in the worker. @throws {TrainerError} as `compile` there */
  async open(signal: AbortSignal = this.#end.signal): Promise<void> {
    this.#id = crypto.randomUUID();
    this.#calls = 0;
    // Files in it go as data do: once, under their hash.
    const files: Promise<string>[] = [];
    const plain = copySpec(this.#spec.network, 'network', (file) => ({
      [fileKey]: files.push(this.#file(file, signal)) - 1,
    }));
    const json = { kind: 'network', network: plain, training: this.#spec.training, files: await Promise.all(files) };
    await this.#connection.ask('PUT', `objects/${this.#id}`, { json }, signal);
  }

  /**
   * Makes the network in the worker for its caller, who may give it up.
   *
   * @throws {TrainerError} RUN_ABORTED; as `compile` there
   */
  async compile(signal: AbortSignal | undefined): Promise<void> {
    const message = 'The compilation was aborted through its signal; nothing is left of it.';
    checkAborted(signal, message);
    try {
      await this.open(signal);
    } catch (error) {
      // The worker may be at it still: it sets free what it then has.
      if (signal?.aborted) void this.#connection.dismiss(`objects/${this.#id}`);
      checkAborted(signal, message);
      throw error;
    }
  }

  async steps(given: TrainingData, lists: readonly Int32Array[], how?: StepOptions): Promise<Float32Array> {
    const options = readOptions(how);
    const work = async (): Promise<Float32Array> => {
      const data = this.#read(given);
      const batches = readBatches(lists, rowsOf(data));
      const start = this.#step;
      const losses = new Float32Array(batches.length);
      await this.#surviving(options.signal, async () => this.#steps(data, batches, start, losses, options));
      return losses;
    };
    return this.#queue.add(work, options.signal, () => this.#aborted(options.signal).message);
  }

  async evaluate(given: TrainingData, how?: EvaluateOptions): Promise<Evaluation> {
    const { signal, ...options } = readOptions(how);
    return this.#queue.add(async () => {
      const data = this.#read(given);
      const { json, tensors } = await this.#surviving(signal, async () =>
        this.#call({ method: 'evaluate', options, data: await this.#send(data) }, {}, signal),
      );
      const { loss, metrics } = json as Evaluation;
      return { loss, ...(metrics && { metrics }), outputs: tensors };
    }, signal);
  }

  async snapshot(how?: CallOptions): Promise<TrainingSnapshot> {
    const { signal } = readOptions(how);
    return this.#queue.add(async () => {
      const made = snapshotOf(await this.#surviving(signal, () => this.#call({ method: 'snapshot' }, {}, signal)));
      this.#keep(made);
      return made;
    }, signal);
  }

  async restore(given: TrainingSnapshot, how?: CallOptions): Promise<void> {
    const { signal } = readOptions(how);
    return this.#queue.add(async () => {
      // A copy: a worker that is lost gets it again, whatever its owner did with it meanwhile.
      const snapshot = structuredClone(readSnapshot(given));
      await this.#surviving(signal, () => this.#restore(snapshot, signal));
      this.#keep(snapshot);
      this.#step = snapshot.step;
    }, signal);
  }

  setLearningRate(rate: number): void {
    checkLearningRate(rate);
    const work = async (): Promise<void> => {
      await this.#surviving(undefined, () => this.#call({ method: 'setLearningRate', options: { rate } }));
      this.#changes.push({ kind: 'rate', rate });
    };
    void this.#queue.add(work).catch(() => {}); // disposed of, or lost: the next call says so
  }

  async toModel(how?: ModelOptions): Promise<Uint8Array> {
    const { signal, ...options } = readOptions(how);
    return this.#queue.add(async () => {
      const { tensors } = await this.#surviving(signal, () => this.#call({ method: 'toModel', options }, {}, signal));
      return tensors.model!.data as Uint8Array;
    }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!(await this.#queue.close())) return;
    await this.#connection.dismiss(`objects/${this.#id}`);
  }

  /** Makes those of the steps that are not made yet. */
  async #steps(
    data: TrainingData,
    batches: readonly Int32Array[],
    start: number,
    losses: Float32Array,
    { signal, onSteps, onRetreat }: StepOptions,
  ): Promise<void> {
    const done = this.#made - start;
    const before = this.#made;
    const retreats = this.#spec.training.onDivergence === 'retreat';
    // A retreat goes back to where the call began, which a checkpoint in its middle would move.
    const every = retreats ? 0 : (this.#connection.options.checkpointEvery ?? 500);
    let kept = before;
    const request = { method: 'steps', data: await this.#send(data), checkpointEvery: every };
    // What the caller's function throws is the caller's: it ends the call, and is no reason to ask the worker again.
    const stop = new AbortController();
    let thrown: { readonly error: unknown } | undefined;
    const tell = (listener: () => void): void => {
      if (thrown !== undefined) return;
      try {
        listener();
      } catch (error) {
        thrown = { error };
        stop.abort();
      }
    };
    const onMessage = (message: Required<Message>): void => {
      const json = message.json as Json;
      if (json.type === 'checkpoint') {
        const snapshot = snapshotOf(message);
        this.#keep(snapshot);
        kept = snapshot.step;
      } else if (json.type === 'retreat') {
        this.#made = json.from as number;
        tell(() => onRetreat?.(retreatOf(json)));
      } else if (json.type === 'steps') {
        const { losses: own, ...metrics } = message.tensors;
        const values = own!.data as Float32Array;
        const step = json.step as number;
        losses.set(values, step - values.length - start);
        this.#made = step;
        // What was reported before the worker was lost is not reported again.
        if (step <= this.#step && !retreats) return;
        this.#step = step;
        const named = Object.entries(metrics).map(
          ([key, { data: own }]) => [key.slice(7), own as Float32Array] as const,
        );
        tell(() => onSteps?.(step, values, Object.fromEntries(named)));
      }
    };
    try {
      const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
      await this.#call(request, encodeBatches(batches.slice(done)), either, onMessage);
      if (thrown !== undefined) throw (thrown as { readonly error: unknown }).error;
    } catch (error) {
      throw thrown === undefined ? error : (thrown as { readonly error: unknown }).error;
    } finally {
      if (this.#made > kept) {
        this.#changes.push({ kind: 'steps', data, batches: batches.slice(kept - start, this.#made - start) });
      }
      if (!retreats || this.#made > this.#step) this.#step = Math.max(this.#step, this.#made);
    }
  }

  /** Steps that the worker's network has made. */
  #made = 0;

  /** One and the same object for the same data, by which what was sent is known. */
  #read(given: TrainingData): TrainingData {
    const data = readData(given);
    const known = this.#given.get(given);
    if (known !== undefined && holdsSame(known, data)) return known;
    this.#given.set(given, data);
    return data;
  }

  async #file(bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    const known = this.#fileHashes.get(bytes);
    if (known !== undefined && (await this.#connection.has(known, signal))) return known;
    const hash = await sendBlob(this.#connection, bytes, signal);
    this.#fileHashes.set(bytes, hash);
    return hash;
  }

  async #send(data: TrainingData): Promise<string> {
    const known = this.#hashes.get(data);
    if (known !== undefined && (await this.#connection.has(known, this.#end.signal))) return known;
    const hash = await sendBlob(this.#connection, encodeData(data), this.#end.signal);
    this.#hashes.set(data, hash);
    return hash;
  }

  async #call(
    json: Json,
    tensors: Tensors = {},
    signal?: AbortSignal,
    onMessage: (message: Required<Message>) => void = () => {},
  ): Promise<Required<Message>> {
    const path = `objects/${this.#id}/calls/${++this.#calls}`;
    let last = performance.now();
    this.#longest = 0;
    const heard = (message: Required<Message>): void => {
      this.#longest = Math.max(this.#longest, performance.now() - last);
      last = performance.now();
      onMessage(message);
    };
    const cancel = () => void this.#connection.ask('DELETE', path, undefined, this.#end.signal).catch(() => {}); // it ended meanwhile
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#connection.stream(path, { json, tensors }, heard, this.#end.signal, () => this.#calls--);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  #aborted(signal: AbortSignal | undefined): TrainerError {
    const message = `Training was aborted after step ${this.#step}; the steps before it are kept.`;
    return new TrainerError('RUN_ABORTED', message, { cause: signal?.reason });
  }

  async #restore({ state, ...rest }: TrainingSnapshot, signal?: AbortSignal): Promise<void> {
    await this.#call({ method: 'restore', options: rest }, state, signal);
    this.#made = rest.step;
  }

  #keep(snapshot: TrainingSnapshot): void {
    this.#checkpoint = snapshot;
    this.#changes = [];
  }

  /**
   * Does work; where the worker has lost the network it is made again from the last checkpoint and what came behind it. An abort gives a worker that
   * does not answer up.
   */
  async #surviving<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const end = new AbortController();
    this.#end = end;
    let timer: NodeJS.Timeout | undefined;
    const giveUp = () => {
      timer = setTimeout(() => end.abort(), Math.max(abortMs, 1.5 * this.#longest));
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      for (let losses = 0; ; losses++) {
        if (signal?.aborted) throw this.#aborted(signal);
        try {
          if (losses > 0 || this.#isAdrift) await this.#revive();
          return await work();
        } catch (error) {
          // What the worker made since is not known: the network is made again as it was when the last message came.
          if (end.signal.aborted || isUnreachable(error)) this.#isAdrift = true;
          if (end.signal.aborted) throw this.#aborted(signal);
          if (!isLost(error) || losses === 3) throw error;
        }
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  async #revive(): Promise<void> {
    if (this.#isAdrift) void this.#connection.dismiss(`objects/${this.#id}`);
    await this.open();
    this.#isAdrift = false;
    this.#made = 0;
    if (this.#checkpoint !== undefined) await this.#restore(this.#checkpoint);
    for (const change of this.#changes) {
      if (change.kind === 'rate') await this.#call({ method: 'setLearningRate', options: { rate: change.rate } });
      else {
        await this.#call({ method: 'steps', data: await this.#send(change.data) }, encodeBatches(change.batches));
        this.#made += change.batches.length;
      }
    }
  }
}

/** Rows that the data seem to have; the worker says it where they do not. */
function rowsOf({ inputs }: TrainingData): number {
  const rows = Object.values(inputs)[0]?.shape[0] ?? 0;
  return rows > 0 ? rows : Number.POSITIVE_INFINITY;
}

function snapshotOf({ json, tensors }: Required<Message>): TrainingSnapshot {
  return { ...((json as Json).snapshot as Omit<TrainingSnapshot, 'state'>), state: tensors };
}

function retreatOf({ step, from, layer, learningRate }: Json): Retreat {
  return {
    step: step as number,
    from: from as number,
    layer: (layer as string | null) ?? undefined,
    learningRate: learningRate as number,
  };
}
