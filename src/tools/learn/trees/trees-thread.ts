import { parentPort } from 'node:worker_threads';
import { breakBarrier, createBarrier } from './barrier.ts';
import { binFeatures } from './bin-features.ts';
import { BoostThread } from './boost-thread.ts';
import { jsKernels } from './js-kernels.ts';
import { createThreadContext } from './thread-context.ts';
import type { ThreadJob } from './thread-pool.ts';
import { wasmKernels } from './wasm-kernels.ts';
import type { WasmMemory } from './web-assembly.ts';

/** Entry of a thread that helps to fit boosted trees: the same code as on the calling thread, for its own features. */
function work({ plan, thread, module, memory }: ThreadJob): void {
  const buffer = memory instanceof SharedArrayBuffer ? memory : memory.buffer;
  const words = new Int32Array(buffer);
  try {
    const kernels = module === undefined ? jsKernels(buffer) : wasmKernels(module, memory as WasmMemory);
    const barrier = createBarrier(words, plan.at.barrier, plan.threads);
    const context = createThreadContext(plan, thread, kernels, barrier, buffer);
    binFeatures(context);
    const boost = new BoostThread(context);
    while (boost.round());
  } catch (error) {
    // The calling thread waits at the barrier: it learns of the failure there, and drops this thread.
    breakBarrier(words, plan.at.barrier);
    throw error;
  }
}

parentPort!.on('message', work);
parentPort!.postMessage('ready');
