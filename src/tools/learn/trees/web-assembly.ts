/** Memory that modules and threads share. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** A compiled module; it can be posted to threads. */
export type WasmModule = object & { readonly [Symbol.toStringTag]?: string };

interface WebAssemblyApi {
  readonly Memory: new (options: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/**
 * The part of WebAssembly that the kernels use. TypeScript declares it with the DOM only, which this library does not load.
 * Undefined where the engine runs without (`--jitless`).
 */
export const webAssembly = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;

/** Shared memory of so many pages of 64 KiB, which can grow to 4 GiB. */
export function createMemory(pages: number): WasmMemory {
  return new webAssembly!.Memory({ initial: pages, maximum: 65536, shared: true });
}
