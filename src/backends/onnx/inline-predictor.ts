import type { InferenceSession } from 'onnxruntime-node';
import { TrainerError } from '../../core/errors.ts';
import type { Predictor, Tensors } from '../backend.ts';
import { checkAborted, loadAborted, readInputs, readOptions } from '../given.ts';
import type { Runtime } from './runtime.ts';
import { checkTensors, fromRuntime, tensorInfos, toRuntime } from './tensors.ts';

/** The runtime's own words as a sentence. */
function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replace(/[.]?$/u, '.');
}

/** Settings under which the same bytes and inputs give the same outputs. */
function sessionOptions(runtime: Runtime, threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: [runtime.provider],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Fatal alone: what else goes wrong is an error of ours, and stderr is the host's.
    logSeverityLevel: 4,
    // A pool that spins between calls takes a core from the host.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

/**
 * Predicts on the calling thread, which it blocks. The bytes must have passed the checker.
 *
 * @throws {TrainerError} MODEL_INVALID or MODEL_UNSUPPORTED where the runtime refuses the model
 */
export async function createInlinePredictor(
  runtime: Runtime,
  model: Uint8Array,
  threads: number,
  signal?: AbortSignal,
): Promise<Predictor> {
  checkAborted(signal, loadAborted);
  let session: InferenceSession;
  try {
    session = await runtime.InferenceSession.create(model, sessionOptions(runtime, threads));
  } catch (cause) {
    if (TrainerError.isInstance(cause)) throw cause;
    const message = reason(cause);
    const code = /not.?implemented|not a registered|opset|unsupported/i.test(message)
      ? 'MODEL_UNSUPPORTED'
      : 'MODEL_INVALID';
    throw new TrainerError(
      code,
      `ONNX Runtime refuses the model: ${message} Export it again, or for another version of the operator set.`,
      { cause },
    );
  }
  if (signal?.aborted) {
    await session.release();
    checkAborted(signal, loadAborted);
  }
  const inputs = tensorInfos(session.inputMetadata);
  const outputs = tensorInfos(session.outputMetadata);
  let isOpen = true;
  return {
    inputs,
    outputs,
    async predict(tensors: Tensors, how) {
      const options = readOptions(how);
      if (!isOpen) throw new TrainerError('PREDICT_FAILED', 'The model was disposed of; load it again.');
      if (options.signal?.aborted) {
        throw new TrainerError(
          'PREDICT_FAILED',
          'The prediction was aborted through its signal; nothing was kept of it.',
          { cause: options.signal.reason },
        );
      }
      const given = readInputs(tensors);
      checkTensors(inputs, given);
      try {
        return fromRuntime(await session.run(toRuntime(runtime, given), { logSeverityLevel: 4 }));
      } catch (cause) {
        if (TrainerError.isInstance(cause)) throw cause;
        throw new TrainerError(
          'PREDICT_FAILED',
          `ONNX Runtime failed while predicting: ${reason(cause)} Try again with fewer records at a time.`,
          { cause },
        );
      }
    },
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await session.release();
    },
  };
}
