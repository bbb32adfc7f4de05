import type { HistogramKernel, Kernels, ScoreKernel } from './kernels.ts';
import { widestBlock } from './kernels.ts';
import { kernelsBase64 } from './kernels-wasm.ts';
import { type WasmMemory, type WasmModule, webAssembly } from './web-assembly.ts';

let compiled: WasmModule | undefined;
let isTried = false;

/** The compiled kernels, once a process; undefined where the engine has no WebAssembly with SIMD and threads. */
export function kernelModule(): WasmModule | undefined {
  if (!isTried) {
    isTried = true;
    if (webAssembly === undefined) return undefined;
    try {
      compiled = new webAssembly!.Module(Buffer.from(kernelsBase64, 'base64'));
    } catch {
      // An engine without SIMD or threads: the JavaScript kernels give the same results.
      compiled = undefined;
    }
  }
  return compiled;
}

/** Kernels that work on this memory. */
export function wasmKernels(module: WasmModule, memory: WasmMemory): Kernels & { readonly scoreBlock: ScoreKernel } {
  const exports = new webAssembly!.Instance(module, { env: { memory } }).exports;
  const byWidth = (name: string): HistogramKernel[] =>
    Array.from({ length: widestBlock + 1 }, (_, width) => exports[`${name}${Math.max(width, 1)}`] as HistogramKernel);
  return {
    ...(exports as unknown as Kernels & { scoreBlock: ScoreKernel }),
    histogramAll: byWidth('histogramAll'),
    histogramGather: byWidth('histogramGather'),
    histogramOrdered: byWidth('histogramOrdered'),
  };
}
