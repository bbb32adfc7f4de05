import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { entryUrl } from '../src/core/helpers/entry-url.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import type { Features, FitContext } from '../src/tools/learn/learner.ts';

/** Where benches keep their data; ignored by git. */
export const dataFolder = 'bench/.data';

/** LightGBM in a Python of its own, which stays alive so that both sides can take turns. */
export interface Peer {
  ask<T>(request: Readonly<Record<string, unknown>>): Promise<T & { readonly version: string }>;
  close(): void;
}

/** Starts `bench/trees.py`. */
export function startPeer(python: string): Peer {
  mkdirSync(dataFolder, { recursive: true });
  const child = spawn(python, ['bench/trees.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask<T>(request: Readonly<Record<string, unknown>>) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('bench/trees.py ended; its message is above.');
      return JSON.parse(value) as T & { version: string };
    },
    close: () => child.stdin.end(),
  };
}

/** The bytes of a data file as a typed array of its own. */
export function readData<T>(name: string, type: { new (buffer: ArrayBuffer): T }): T {
  const bytes = readFileSync(`${dataFolder}/${name}`);
  return new type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

/** The made set of `rows × columns`, as the learner takes it. */
export function readSpeedSet(name: string, rowCount: number): { features: Features; target: Float64Array } {
  const x = readData(`${name}.x`, Float32Array);
  const numbers = Array.from({ length: x.length / rowCount }, (_, f) => ({
    name: `f${f}`,
    values: x.slice(f * rowCount, (f + 1) * rowCount),
  }));
  return {
    features: { rowCount, numbers, categories: [] },
    target: Float64Array.from(readData(`${name}.y`, Uint8Array)),
  };
}

/** A context for fits with so many threads. */
export function fitContext(threads: number): FitContext {
  if (threads > 1 && !existsSync(entryUrl('trees-thread'))) {
    throw new Error(`Expected the thread's file at ${entryUrl('trees-thread').pathname}: build first.`);
  }
  return { random: createRandom(0), threads };
}

/** The middle of an odd number of values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
