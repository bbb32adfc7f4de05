import type { CallOptions, NetworkSpec, TrainableNetwork, Training } from '../../backend.ts';
import { freeInPlace } from '../autodiff/free-in-place.ts';
import { chooseLayout } from '../layout/choose-layout.ts';
import type { LayoutName } from '../layout/image-layout.ts';
import type { Runtime } from '../runtime.ts';
import { freeMemory } from './memory.ts';
import { sessionOpener } from './session.ts';
import { compileNetwork } from './trainable-network.ts';

/** What WebAssembly can address. */
const wasmBytes = 0x1_0000_0000;

/**
 * Makes a network ready to train on a build of ONNX Runtime.
 *
 * @throws {TrainerError} REQUEST_INVALID, MEMORY_EXCEEDED
 */
export function compileOnRuntime(
  runtime: Runtime,
  network: NetworkSpec,
  training: Training,
  layout?: LayoutName | 'auto',
  options?: CallOptions,
): Promise<TrainableNetwork> {
  const openSession = sessionOpener(runtime);
  const host = {
    openSession,
    // In WebAssembly products of matrices take so long beside passes over images that fewer of them are worth more passes.
    layout: () => chooseLayout(openSession, layout, runtime.provider === 'wasm' ? 'winograd' : 'nhwc'),
    ...(runtime.provider === 'wasm' ? { memoryBytes: Math.min(wasmBytes, freeMemory()), passes: [freeInPlace] } : {}),
  };
  return compileNetwork(network, training, host, options);
}
