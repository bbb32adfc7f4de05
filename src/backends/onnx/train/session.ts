import type { InferenceSession } from 'onnxruntime-node';
import { TrainerError } from '../../../core/errors.ts';
import { nextTurn } from '../../../core/helpers/next-turn.ts';
import type { Runtime } from '../runtime.ts';
import { fromRuntime, toRuntime } from '../tensors.ts';
import type { OpenSession, SessionOptions } from './training-session.ts';

/** Settings that train fastest; results depend on none of them but the number of threads. */
export function trainingOptions(
  runtime: Runtime,
  threads: number,
  { isFrugal = false, isFolded = false }: SessionOptions,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [runtime.provider],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // The plan's block of memory stands beside what the first step took, which is kept.
    enableMemPattern: !isFrugal,
    // The fused kernel takes five times what a sum and a normalisation take. Folding would make the zeros that the gradient of a table begins with
    // a constant of the table's size.
    extra: {
      optimization: { disable_specified_optimizers: `SkipLayerNormFusion${isFolded ? ';ConstantFolding' : ''}` },
    },
    // Fatal alone: what else goes wrong is an error of ours, and stderr is the host's.
    logSeverityLevel: 4,
  };
}

const openers = new WeakMap<Runtime, OpenSession>();

/** Loads training and evaluation models into a runtime; one and the same function for one runtime. */
export function sessionOpener(runtime: Runtime): OpenSession {
  const known = openers.get(runtime);
  if (known !== undefined) return known;
  const open = openerOf(runtime);
  openers.set(runtime, open);
  return open;
}

function openerOf(runtime: Runtime): OpenSession {
  const failed = (what: string, cause: unknown): TrainerError =>
    TrainerError.isInstance(cause)
      ? cause
      : new TrainerError('INTERNAL', `ONNX Runtime ${what}: ${cause instanceof Error ? cause.message : cause}`, {
          cause,
        });
  return async (model, threads, options = {}) => {
    const session = await runtime.InferenceSession.create(model, trainingOptions(runtime, threads, options)).catch(
      (cause: unknown) => {
        throw failed('refuses a training graph', cause);
      },
    );
    return {
      // WebAssembly sees its own memory alone.
      copiesFeeds: runtime.provider === 'wasm',
      async run(feeds) {
        // WebAssembly has worked before its promise is there: timers, aborts and the page get their turn between calls.
        if (runtime.provider === 'wasm') await nextTurn();
        try {
          return fromRuntime(await session.run(toRuntime(runtime, feeds), { logSeverityLevel: 4 }));
        } catch (cause) {
          throw failed('failed in a training graph', cause);
        }
      },
      [Symbol.asyncDispose]: () => session.release(),
    };
  };
}
