import type { ColumnKind } from '../table.ts';

/** Measured facts of one column, over all rows that it was measured on. */
export interface ColumnProfile {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly missing: number;
  /** Distinct values, missing not counted; exact up to 100,000, else an estimate (`distinctExact` says which). */
  readonly distinct: number;
  readonly distinctExact: boolean;
  /** For numbers, datetimes (milliseconds) and booleans (0, 1). */
  readonly numeric?: {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly deviation: number;
    /** At 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99. */
    readonly quantiles: readonly number[];
    readonly integers: boolean;
    readonly zeros: number;
    readonly negatives: number;
    /**
     * Counts in 20 bins of equal width between the 1 % and the 99 % quantile; values beyond are in the outer bins. The
     * extremes themselves are values of single rows, which no report shows.
     */
    readonly histogram: readonly number[];
  };
  /** For categories and booleans, and for numbers of at most 50 distinct values: values by falling count, at most 1,000. */
  readonly top?: readonly { readonly value: string; readonly count: number }[];
  /** For text: mean and greatest length in characters, and the mean number of words. */
  readonly text?: { readonly meanLength: number; readonly maxLength: number; readonly meanWords: number };
  readonly unit?: string;
  /** Looks like a row's name rather than a property of it: (almost) all distinct integers or strings. */
  readonly identifier: boolean;
}

/** Measured facts of a table. */
export interface TableProfile {
  readonly rowCount: number;
  readonly columns: readonly ColumnProfile[];
  /** Rows that repeat an earlier row in every column. */
  readonly duplicateRows: number;
}
