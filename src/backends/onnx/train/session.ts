import type { InferenceSession } from 'onnxruntime-node';
import { TrainerError } from '../../../core/errors.ts';
import { loadRuntime } from '../runtime.ts';
import { fromRuntime, toRuntime } from '../tensors.ts';
import type { OpenSession } from './training-session.ts';

/** Settings that train fastest; results depend on none of them but the number of threads. */
function trainingOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Fatal alone: what else goes wrong is an error of ours, and stderr is the host's.
    logSeverityLevel: 4,
  };
}

/** Loads a training or evaluation model into ONNX Runtime. @throws {TrainerError} PEER_MISSING, INTERNAL */
export const openSession: OpenSession = async (model, threads) => {
  const runtime = await loadRuntime();
  const failed = (what: string, cause: unknown): TrainerError =>
    new TrainerError('INTERNAL', `ONNX Runtime ${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  const session = await runtime.InferenceSession.create(model, trainingOptions(threads)).catch((cause: unknown) => {
    throw failed('refuses a training graph', cause);
  });
  return {
    async run(feeds) {
      try {
        return fromRuntime(await session.run(toRuntime(runtime, feeds), { logSeverityLevel: 4 }));
      } catch (cause) {
        throw failed('failed in a training graph', cause);
      }
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
};
