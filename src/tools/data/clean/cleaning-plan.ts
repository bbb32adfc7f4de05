/** Why a column is not given to the model. */
export type ColumnReason =
  | 'target'
  | 'role'
  | 'ignored'
  | 'text'
  | 'all-missing'
  | 'constant'
  | 'identifier'
  | 'duplicate';

/** What becomes of one column of the source. */
export type ColumnAction =
  | { readonly column: string; readonly action: 'use' }
  | {
      readonly column: string;
      readonly action: 'set-aside';
      readonly reason: ColumnReason;
      /** Rows with a value in it. */
      readonly present: number;
      readonly distinct: number;
      /** The column that holds the same, for a duplicate. */
      readonly of?: string;
    };

/** Spellings of one class label that are taken for one. */
export interface LabelMerge {
  readonly to: string;
  /** Rows with that spelling. */
  readonly rows: number;
  readonly from: readonly { readonly label: string; readonly rows: number }[];
}

/** What cleaning does, decided on learning rows and applied to all. */
export interface CleaningPlan {
  readonly formatVersion: 1;
  readonly target: string;
  /** Columns that a run needs beside the inputs: weight, group, entity, time. */
  readonly roleColumns: readonly string[];
  /** One entry a column of the source, in its order. */
  readonly columns: readonly ColumnAction[];
  readonly labelMerges: readonly LabelMerge[];
  /** Labels that differ only in case but are both frequent, and stay apart. */
  readonly similarLabels: readonly (readonly string[])[];
  /** Classes of fewer than 5 rows, after merging. */
  readonly rareClasses: readonly { readonly label: string; readonly rows: number }[];
  /** `used + setAside` is `source`, for columns and for rows. */
  readonly counts: {
    readonly columns: { readonly source: number; readonly used: number; readonly setAside: number };
    readonly rows: {
      readonly source: number;
      readonly used: number;
      readonly setAside: number;
      readonly missingTarget: number;
      /** Rows that the reader could not parse. */
      readonly malformed: number;
    };
  };
}
