import type { Barrier } from './barrier.ts';
import type { Kernels } from './kernels.ts';
import type { Plan } from './plan.ts';

/** What one thread of a fit works with: the plan, its number, and views of the shared memory. */
export interface ThreadContext {
  readonly plan: Plan;
  /** 0 is the calling thread. */
  readonly thread: number;
  readonly kernels: Kernels;
  readonly barrier: Barrier;
  readonly uint8: Uint8Array;
  readonly int32: Int32Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** Makes the views of a thread. */
export function createThreadContext(
  plan: Plan,
  thread: number,
  kernels: Kernels,
  barrier: Barrier,
  buffer: ArrayBufferLike,
): ThreadContext {
  return {
    plan,
    thread,
    kernels,
    barrier,
    uint8: new Uint8Array(buffer),
    int32: new Int32Array(buffer),
    float32: new Float32Array(buffer),
    float64: new Float64Array(buffer),
  };
}
