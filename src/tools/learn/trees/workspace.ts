import { TrainerError } from '../../../core/errors.ts';
import { jsKernels } from './js-kernels.ts';
import type { Kernels } from './kernels.ts';
import { kernelModule, wasmKernels } from './wasm-kernels.ts';
import { createMemory, type WasmMemory, type WasmModule } from './web-assembly.ts';

/** Memory and kernels of one fit at a time, kept for the next one: a fit of some hundred rows must not pay for them. */
export interface Workspace {
  readonly module?: WasmModule;
  readonly memory: WasmMemory | SharedArrayBuffer;
  readonly buffer: ArrayBufferLike;
  readonly kernels: Kernels;
}

const pageBytes = 65536;
const mostPages = 65536;
/** Memory beyond this is given back after the fit. */
const keptBytes = 256 * 1024 * 1024;

const idle: Workspace[] = [];

/**
 * A workspace of at least so many bytes.
 *
 * @throws {TrainerError} DATA_TOO_WIDE where the data need more than 4 GiB of bins and sums, or more than the system gives.
 */
export function takeWorkspace(bytes: number, kernels: 'fastest' | 'javascript'): Workspace {
  const pages = Math.ceil(bytes / pageBytes) + 1;
  if (pages > mostPages) {
    throw tooLarge('at most 4 GiB of memory', bytes);
  }
  try {
    return reserve(pages, kernels);
  } catch (error) {
    throw tooLarge('no more memory than the system gives', bytes, error);
  }
}

function tooLarge(limit: string, bytes: number, cause?: unknown): TrainerError {
  const gib = (bytes / 1024 / 1024 / 1024).toFixed(2);
  const message = `Expected boosted trees to need ${limit}, got ${gib} GiB. Use fewer rows or columns.`;
  return new TrainerError('DATA_TOO_WIDE', message, { cause });
}

function reserve(pages: number, kernels: 'fastest' | 'javascript'): Workspace {
  const module = kernels === 'javascript' ? undefined : kernelModule();
  if (module === undefined) {
    const memory = new SharedArrayBuffer(pages * pageBytes);
    return { memory, buffer: memory, kernels: jsKernels(memory) };
  }
  const kept = idle.pop();
  if (kept === undefined) {
    const memory = createMemory(Math.max(pages, 32));
    return { module, memory, buffer: memory.buffer, kernels: wasmKernels(module, memory) };
  }
  const memory = kept.memory as WasmMemory;
  const missing = pages - memory.buffer.byteLength / pageBytes;
  if (missing > 0) memory.grow(missing);
  return { ...kept, buffer: memory.buffer };
}

/** Keeps a workspace for the next fit, unless it is large or there is one already. */
export function returnWorkspace(workspace: Workspace): void {
  if (workspace.module !== undefined && idle.length === 0 && workspace.buffer.byteLength <= keptBytes) {
    idle.push(workspace);
  }
}
