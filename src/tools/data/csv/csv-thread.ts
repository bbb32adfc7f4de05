import { parentPort, workerData } from 'node:worker_threads';
import { TrainerError } from '../../../core/errors.ts';
import type { ParserOptions } from './parser-options.ts';
import { type ByteSource, type ScanRange, type ScanResult, scanRange } from './scan.ts';

/** What a reading thread is started with. */
export interface CsvThreadTask {
  readonly source: ByteSource;
  readonly range: ScanRange;
  readonly options: ParserOptions;
}

/** What a reading thread answers, once. */
export type CsvThreadAnswer =
  | { readonly result: ScanResult }
  | { readonly error: { readonly code: string; readonly message: string; readonly details: unknown } };

function run(task: CsvThreadTask): void {
  try {
    const scan = scanRange(task.source, task.range, task.options);
    let step = scan.next();
    while (!step.done) step = scan.next();
    const result = step.value;
    parentPort!.postMessage({ result } satisfies CsvThreadAnswer, transferable(result));
  } catch (error) {
    if (!TrainerError.isInstance(error)) throw error;
    parentPort!.postMessage({ error: error.toJSON() } satisfies CsvThreadAnswer);
  }
}

/** The buffers that this thread alone has. */
function transferable(result: ScanResult): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const add = (array: Float64Array | Int32Array | Uint32Array | Uint8Array | undefined): void => {
    if (array !== undefined && array.buffer instanceof ArrayBuffer && array.length > 1024) buffers.add(array.buffer);
  };
  for (const { values, texts } of result.columns) {
    add(values);
    if (texts?.type === 'bytes') {
      add(texts.offsets);
      add(texts.bytes);
    } else add(texts?.codes);
  }
  return [...buffers];
}

// A thread's entry is only ever loaded as one.
if (parentPort !== null) run(workerData as CsvThreadTask);
