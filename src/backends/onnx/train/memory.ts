import { TrainerError } from '../../../core/errors.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';
import type { TrainingPlan } from './plan.ts';
import type { StepGraph } from './step-graph.ts';

const elementBytes = { float: 4, double: 8, int64: 8, int32: 4, bool: 1 } as const;

const bytesOf = ({ type, shape }: Value): number => elementBytes[type] * sizeOf(shape);

/** Times that the state is held while steps run: here, carried from step to step, and as what comes out. */
const stateCopies = 3;

/** Bytes of parameters and of the optimiser's memory of them, as often as they are held while steps run. */
export function stateBytes({ state }: Pick<TrainingPlan, 'state'>): number {
  return stateCopies * state.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
}

/** Bytes of a state from which its copies matter more than what a call costs. */
const largeState = 64e6;

/** Whether the state is so large that steps are to take little memory for it, rather than little time. */
export function isLarge({ state }: Pick<TrainingPlan, 'state'>): boolean {
  return state.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0) > largeState;
}

/**
 * Gives the memory of arrays back at once, where the garbage collector would let several large ones come together: they are handed to a
 * channel that nobody listens to. Nobody may use them any more, nor others of the same buffers.
 */
export function release(arrays: readonly Float32Array[]): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))]);
  port1.close();
  port2.close();
}

/**
 * Times that intermediate values are held: the runtime allots those of the first step one by one and keeps that, plans one block for them all,
 * which later steps use, and takes memory in pieces larger than asked for. Measured: 1.9 to 2.9 (`npm run bench -- engine-memory`).
 */
const valueCopies = 2.5;

/**
 * Bytes that intermediate values of a step take: the most that are alive at once, nodes one after another, each value from the node that
 * makes it to the last that takes it, as often as they are held.
 */
export function activationBytes({ graph, carried, loss }: Pick<StepGraph, 'graph' | 'carried' | 'loss'>): number {
  const lastUse = new Map<Value, number>();
  const kept = new Set<Value>([...carried.map(({ after }) => after), loss]);
  for (const [at, node] of graph.nodes.entries()) for (const input of node.inputs) lastUse.set(input, at);
  const ending = new Map<number, Value[]>();
  for (const [value, at] of lastUse) {
    if (kept.has(value) || graph.producerOf(value) === undefined) continue;
    ending.set(at, [...(ending.get(at) ?? []), value]);
  }
  let [live, most] = [0, 0];
  for (const [at, node] of graph.nodes.entries()) {
    // What is made and taken by none is left out of the graph.
    for (const output of node.outputs) if (lastUse.has(output) && !kept.has(output)) live += bytesOf(output);
    most = Math.max(most, live);
    for (const value of ending.get(at) ?? []) live -= bytesOf(value);
  }
  return valueCopies * most;
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

/** What the system has left, in bytes; a browser does not say. */
export function freeMemory(): number {
  // Bundlers for browsers put a `process` there that has next to nothing.
  const system = (globalThis as { process?: Partial<NodeJS.Process> }).process;
  return system?.availableMemory?.() ?? Number.POSITIVE_INFINITY;
}

/**
 * Compares an estimate with what may be used: the limit of the training, else what the system has left.
 *
 * @throws {TrainerError} MEMORY_EXCEEDED
 */
export function checkMemory(what: string, bytes: number, limit: number | undefined, advice: string): void {
  const most = limit ?? freeMemory();
  if (bytes <= most) return;
  throw new TrainerError(
    'MEMORY_EXCEEDED',
    `Expected ${what} to need at most ${megabytes(most)}, ${limit === undefined ? 'which is what is free' : 'the limit that was set'}, but it needs about ${megabytes(bytes)}. ${advice}`,
    { details: { estimatedBytes: bytes, availableBytes: most } },
  );
}
