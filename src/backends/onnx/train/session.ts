import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { TrainerError } from '../../../core/errors.ts';
import { loadRuntime } from '../runtime.ts';

/** Tensors of the runtime by name. */
export type Feeds = Record<string, OrtTensor>;

/** A model of ours that runs on tensors of the runtime. */
export interface TrainingSession extends AsyncDisposable {
  run(feeds: Feeds): Promise<Feeds>;
}

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

/** Loads a training or evaluation model that this library made. @throws {TrainerError} PEER_MISSING, INTERNAL */
export async function openSession(model: Uint8Array, threads: number): Promise<TrainingSession> {
  const runtime = await loadRuntime();
  const failed = (what: string, cause: unknown): TrainerError =>
    new TrainerError('INTERNAL', `ONNX Runtime ${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  const session = await runtime.InferenceSession.create(model, trainingOptions(threads)).catch((cause: unknown) => {
    throw failed('refuses a training graph', cause);
  });
  return {
    async run(feeds) {
      try {
        return (await session.run(feeds, { logSeverityLevel: 4 })) as Feeds;
      } catch (cause) {
        throw failed('failed in a training graph', cause);
      }
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}
