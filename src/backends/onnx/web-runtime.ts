import type * as OrtWeb from 'onnxruntime-web/wasm';
import { TrainerError } from '../../core/errors.ts';
import { moduleOf, type Runtime } from './runtime.ts';

/** `onnxruntime-web`, as the host has loaded it. */
export type OrtModule = typeof OrtWeb;

/** How ONNX Runtime runs in WebAssembly. What it was first given holds as long as the process or page lives. */
export interface WebRuntimeOptions {
  /** The module, where the host has loaded it by itself. @default `import('onnxruntime-web/wasm')` */
  readonly ort?: OrtModule;
  /**
   * Threads of one operator. More than one need a page that is cross-origin isolated; elsewhere it is one. @default 1
   */
  readonly threads?: number;
  /** The folder that the package's `.wasm` files are served from, as a URL that ends in a slash. @default beside the module */
  readonly wasmPaths?: string;
}

/**
 * Loads `onnxruntime-web`, in a browser or in Node.
 *
 * @throws {TrainerError} PEER_MISSING; REQUEST_INVALID where `threads` is no whole number from 1 to 64
 */
export async function loadWebRuntime({ ort, threads = 1, wasmPaths }: WebRuntimeOptions = {}): Promise<Runtime> {
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new TrainerError('REQUEST_INVALID', `Expected threads to be an integer from 1 to 64, got ${threads}.`);
  }
  const { InferenceSession, Tensor, env } = ort ?? (await importWeb());
  // A page that is not isolated has no memory that threads could share; asking for more would be a warning on its console. In Node threads can
  // not be started: they would fetch the module from its file.
  const isShared = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true;
  env.wasm.numThreads = isShared ? threads : 1;
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
  const { web: version } = env.versions as { readonly web?: string };
  const about = { name: 'onnxruntime-web', ...(version === undefined ? {} : { version }) };
  return { InferenceSession, Tensor, about, provider: 'wasm' } as unknown as Runtime;
}

async function importWeb(): Promise<OrtModule> {
  try {
    return moduleOf<OrtModule>(await import('onnxruntime-web/wasm'));
  } catch (cause) {
    throw new TrainerError(
      'PEER_MISSING',
      'This needs the package onnxruntime-web, which is not installed. Install it with: npm i onnxruntime-web --ignore-scripts',
      { cause, details: { package: 'onnxruntime-web' } },
    );
  }
}
