import type { Tensors } from '../../../backends/backend.ts';
import type { ModelSignature } from '../../../onnx/signature.ts';
import { type BinCounter, createBinCounter } from './bins.ts';
import { type DriftLimits, type DriftMeasure, type DriftReason, measureDrift } from './measure-drift.ts';
import type { DriftReference, Histogram } from './reference.ts';

/** How drift is looked for. */
export interface DriftSettings extends DriftLimits {
  /** Records of a window, 500 at least. @default 500 */
  readonly windowRows: number;
}

/** One column, or the predictions, in the last full window. */
export interface ColumnDrift extends DriftMeasure {
  /** `undefined` for the predictions. */
  readonly column: string | undefined;
  /** What was beyond its limit in the last two windows. */
  readonly alarms: readonly DriftReason[];
  readonly kind: Histogram['kind'];
  /** Dates move on by themselves: how they are distributed raises no alarm. */
  readonly isDate: boolean;
  /** Of each bin; see {@link Histogram}. */
  readonly counts: { readonly training: readonly number[]; readonly window: readonly number[] };
}

/** What a window found: of all columns, then of the predictions where the file tells how they were. */
export interface DriftWindow {
  /** Number of the window, from 1 on. */
  readonly window: number;
  readonly rows: number;
  readonly columns: readonly ColumnDrift[];
  /** Whether something is in alarm that was not after the window before. */
  readonly isNews: boolean;
}

/**
 * Counts records of one version in windows, each compared with training when it is full. An alarm needs two windows in
 * a row beyond the same limit. Memory is fixed: one count for each bin.
 */
export class DriftMonitor {
  readonly #settings: DriftSettings;
  readonly #columns: readonly { readonly name: string | undefined; readonly histogram: Histogram; mayMove: boolean }[];
  readonly #tests: number;
  readonly #counter: BinCounter;
  readonly #counts: Uint32Array;
  #rows = 0;
  #windows = 0;
  #last: DriftWindow | undefined;

  constructor(signature: ModelSignature, { columns, prediction }: DriftReference, settings: DriftSettings) {
    this.#settings = settings;
    this.#counter = createBinCounter(signature, columns, prediction);
    this.#counts = new Uint32Array(this.#counter.size);
    this.#columns = [
      ...signature.inputs.map(({ name, kind }, i) => ({
        name,
        histogram: columns[i]!,
        mayMove: kind === 'datetime',
      })),
      ...(prediction === undefined ? [] : [{ name: undefined, histogram: prediction, mayMove: false }]),
    ];
    // A stability index and a share of missing values each, and of unknown ones where there are such.
    this.#tests = this.#columns.reduce((sum, { histogram }) => sum + (histogram.kind === 'values' ? 3 : 2), 0);
  }

  /** Records in the window that is being filled. */
  get pending(): number {
    return this.#rows;
  }

  /** The last full window. */
  get last(): DriftWindow | undefined {
    return this.#last;
  }

  /** Counts rows; gives the windows that they filled. */
  add(inputs: Tensors, outputs: Tensors, rows: number): readonly DriftWindow[] {
    const full: DriftWindow[] = [];
    for (let from = 0; from < rows; ) {
      const to = Math.min(rows, from + this.#settings.windowRows - this.#rows);
      this.#counter.add(this.#counts, inputs, outputs, from, to);
      this.#rows += to - from;
      from = to;
      if (this.#rows === this.#settings.windowRows) full.push(this.#close());
    }
    return full;
  }

  #close(): DriftWindow {
    const before = this.#last?.columns;
    let isNews = false;
    const columns = this.#columns.map(({ name, histogram, mayMove }, i): ColumnDrift => {
      const at = this.#counter.offsets[i]!;
      const counts = this.#counts.subarray(at, at + histogram.counts.length);
      const measure = measureDrift(histogram, counts, { limits: this.#settings, tests: this.#tests, mayMove });
      const alarms = measure.exceeds.filter((reason) => before?.[i]?.exceeds.includes(reason));
      isNews ||= alarms.some((reason) => !before?.[i]?.alarms.includes(reason));
      return {
        column: name,
        ...measure,
        alarms,
        kind: histogram.kind,
        isDate: mayMove,
        counts: { training: histogram.counts, window: Array.from(counts) },
      };
    });
    this.#last = { window: ++this.#windows, rows: this.#rows, columns, isNews };
    this.#rows = 0;
    this.#counts.fill(0);
    return this.#last;
  }
}
