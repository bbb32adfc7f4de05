import type { Tensors } from '../backends/backend.ts';
import type { PredictedRows } from '../tools/artefact/decode-predictions.ts';
import { joinRows } from '../tools/serve/tensor-rows.ts';
import { Lasting } from './lasting.ts';
import type { WorkerPool } from './worker-pool.ts';

/** How rows are put together. */
export interface BatchLimits {
  /** Rows of a batch that is made of several requests; one request may have more of its own. @default 32 */
  readonly batchRows: number;
  /** How long the first row of a batch may wait for others while traffic is dense. @default 2 */
  readonly batchDelayMs: number;
  /** Rows that wait, at most; beyond that `infer` is refused. @default 512 */
  readonly queuedRows: number;
  /**
   * How long rows may have to wait, by the time of the batches before; a burst may wait longer for a tenth of a second, and one batch
   * always.
   *
   * @default 20
   */
  readonly queueMs: number;
}

/** The limits unless the host sets others. */
export const defaultBatchLimits: BatchLimits = { batchRows: 32, batchDelayMs: 2, queuedRows: 512, queueMs: 20 };

/** A queue that is long for a shorter time is a burst, which ends by itself; as of CoDel (Nichols and Jacobson 2012). */
const burstMs = 100;

/** What happened to a batch, for metrics. */
export interface BatchDone {
  readonly rows: number;
  readonly requests: number;
  readonly ms: number;
  readonly isOk: boolean;
}

/** Where the answers of one request are in those of its batch. */
export interface BatchAnswer {
  /** Of all rows that went through together. */
  readonly batch: BatchOutputs;
  /** The first row of this request. */
  readonly from: number;
}

/** The outputs of a batch, and what was made of them once for all of its requests. */
export interface BatchOutputs {
  readonly tensors: Tensors;
  predictions?: PredictedRows;
}

interface Job {
  readonly tensors: Tensors;
  readonly rows: number;
  resolve(answer: BatchAnswer): void;
  reject(error: unknown): void;
}

/**
 * Micro-batching: rows of requests that come close together go through the runtime in one call.
 *
 * A batch leaves when a worker is idle and it is full, its first row has waited long enough, or nothing more is on its
 * way in the same turn of the event loop while traffic is thin. What waits is bounded: `isFull` tells before anything is
 * parsed that a request would be refused.
 */
export class InferenceQueue {
  readonly #pool: WorkerPool;
  readonly #limits: BatchLimits;
  readonly #onBatch: (batch: BatchDone) => void;
  readonly #now: () => number;
  #jobs: Job[] = [];
  #rows = 0;
  /** When the first of the waiting jobs came. */
  #since = 0;
  #underWay = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds from the end of one batch to that of the next, of all workers together, averaged over about ten. */
  #batchMs = 0;
  #lastDone = 0;
  readonly #stands = new Lasting(burstMs);
  /** Rows that came in the current turn of the loop; more than one in a row of turns is dense traffic. */
  #lastRows = 1;

  constructor(
    pool: WorkerPool,
    limits: BatchLimits,
    onBatch: (batch: BatchDone) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#pool = pool;
    this.#limits = limits;
    this.#onBatch = onBatch;
    this.#now = now;
    pool.onIdle(() => this.#leave(false));
  }

  /** Rows that wait. */
  get queued(): number {
    return this.#rows;
  }

  /** Rows that workers are at. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether a request of so many rows would have to be refused. */
  isFull(rows = 1): boolean {
    const { queuedRows, queueMs } = this.#limits;
    const waitMs = this.#look();
    return this.#rows > 0 && (this.#rows + rows > queuedRows || (this.#stands.isSo && waitMs > queueMs));
  }

  /** Predicts rows that were checked; the caller has asked `isFull`. */
  infer(tensors: Tensors, rows: number): Promise<BatchAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#jobs.length === 0) this.#since = this.#now();
      this.#jobs.push({ tensors, rows, resolve, reject });
      this.#rows += rows;
      if (this.#rows >= this.#limits.batchRows) this.#leave(false);
      else
        this.#immediate ??= setImmediate(() => {
          this.#immediate = undefined;
          this.#leave(true);
        });
    });
  }

  #leave(isEndOfTurn: boolean): void {
    while (this.#jobs.length > 0 && this.#pool.hasIdle) {
      if (this.#rows < this.#limits.batchRows && this.#lastRows > 1 && this.#limits.batchDelayMs > 0) {
        const waited = this.#now() - this.#since;
        if (waited < this.#limits.batchDelayMs) {
          this.#timer ??= setTimeout(() => {
            this.#timer = undefined;
            this.#leave(true);
          }, this.#limits.batchDelayMs - waited);
          return;
        }
      }
      if (!isEndOfTurn && this.#rows < this.#limits.batchRows && this.#immediate !== undefined) return;
      this.#send();
    }
  }

  /** How long a row that comes now would wait for the batches before its own. */
  #look(): number {
    const { queueMs, batchRows } = this.#limits;
    const waitMs = Math.floor(this.#rows / batchRows) * this.#batchMs;
    this.#stands.note(waitMs > queueMs, waitMs > queueMs / 2, this.#now());
    return waitMs;
  }

  #send(): void {
    const { batchRows } = this.#limits;
    let count = 1;
    let rows = this.#jobs[0]!.rows;
    while (count < this.#jobs.length && rows + this.#jobs[count]!.rows <= batchRows) rows += this.#jobs[count++]!.rows;
    const batch = this.#jobs.splice(0, count);
    this.#rows -= rows;
    this.#underWay += rows;
    this.#lastRows = rows;
    this.#since = this.#now();
    const started = this.#since;
    this.#pool.run(joinRows(batch.map(({ tensors }) => tensors)), rows).then(
      (outputs) => {
        this.#underWay -= rows;
        this.#measure(started);
        const done: BatchOutputs = { tensors: outputs };
        let from = 0;
        for (const job of batch) {
          job.resolve({ batch: done, from });
          from += job.rows;
        }
        this.#onBatch({ rows, requests: count, ms: this.#now() - started, isOk: true });
      },
      (error: unknown) => {
        this.#underWay -= rows;
        for (const job of batch) job.reject(error);
        this.#onBatch({ rows, requests: count, ms: this.#now() - started, isOk: false });
      },
    );
  }

  /** Where rows waited, a batch took from the end of the one before; else from its own start. */
  #measure(started: number): void {
    const now = this.#now();
    this.#batchMs += 0.1 * (now - Math.max(started, this.#lastDone) - this.#batchMs);
    this.#lastDone = now;
    this.#look();
  }
}
