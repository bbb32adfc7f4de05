import { describe, expect, it } from 'vitest';
import type { Tensors } from '../../src/backends/backend.ts';
import { defaultBatchLimits, InferenceQueue } from '../../src/server/inference-queue.ts';
import type { WorkerPool } from '../../src/server/worker-pool.ts';

const row: Tensors = { numbers: { dtype: 'float32', data: Float32Array.of(1), shape: [1, 1] } };

/** A queue before one worker whose batches end when the test says so, by a clock that the test sets. */
function setUp(limits: Partial<typeof defaultBatchLimits> = {}) {
  let now = 0;
  let isBusy = false;
  let onIdle: () => void = () => undefined;
  let finish: (() => void) | undefined;
  const pool: WorkerPool = {
    inputs: [],
    outputs: [],
    isReady: true,
    up: 1,
    size: 1,
    get hasIdle() {
      return !isBusy;
    },
    onIdle(callback) {
      onIdle = callback;
    },
    run: (tensors) => {
      isBusy = true;
      return new Promise((resolve) => {
        finish = () => resolve(tensors);
      });
    },
    async [Symbol.asyncDispose]() {},
  };
  const queue = new InferenceQueue(
    pool,
    { ...defaultBatchLimits, ...limits },
    () => undefined,
    () => now,
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    queue,
    wait: (ms: number) => {
      now += ms;
    },
    /** As many requests of one row as are taken. */
    offer(count: number): number {
      let taken = 0;
      for (let i = 0; i < count; i++) {
        if (queue.isFull()) continue;
        queue.infer(row, 1).catch(() => undefined);
        taken++;
      }
      return taken;
    },
    /** The batch under way ends after so long, and the next begins. */
    async batch(ms: number) {
      await turn();
      now += ms;
      const done = finish;
      finish = undefined;
      isBusy = false;
      done?.();
      await turn();
      onIdle();
    },
  };
}

describe('what waits for a process', () => {
  it('is bounded in rows', () => {
    const { offer } = setUp({ queuedRows: 100 });
    // The first batch is under way.
    expect(offer(500)).toBe(132);
  });

  it('may be a burst, though its end has to wait', async () => {
    const { offer, batch, queue } = setUp();
    expect(offer(400)).toBe(400);
    for (let i = 0; i < 12; i++) await batch(8);
    expect(queue.queued).toBeLessThan(32);
    expect(offer(400)).toBe(400);
  });

  it('is bounded in time where it stands: newcomers are refused while rows would wait longer than 20 ms', async () => {
    const { offer, batch, queue } = setUp();
    let longest = 0;
    let refused = 0;
    for (let i = 0; i < 200; i++) {
      // Twice as many as batches of 32 in 8 ms take away.
      refused += 64 - offer(64);
      await batch(8);
      if (i > 30) longest = Math.max(longest, queue.queued);
    }
    expect((longest / 32) * 8).toBeLessThanOrEqual(20 + 2 * 8);
    expect(refused / (200 * 64)).toBeGreaterThan(0.4);
    expect(refused / (200 * 64)).toBeLessThan(0.55);
  });

  it('takes everything again a tenth of a second after the queue is gone', async () => {
    const { offer, batch, queue, wait } = setUp();
    for (let i = 0; i < 50; i++) {
      offer(64);
      await batch(8);
    }
    expect(offer(300)).toBeLessThan(64);
    while (queue.queued > 0) await batch(8);
    await batch(8);
    wait(100);
    expect(offer(300)).toBe(300);
  });

  it('is at least a batch, however slow the model is', async () => {
    const { offer, batch, queue } = setUp();
    for (let i = 0; i < 20; i++) {
      offer(64);
      await batch(500);
    }
    while (queue.queued > 31) await batch(500);
    expect(offer(1)).toBe(1);
  });
});
