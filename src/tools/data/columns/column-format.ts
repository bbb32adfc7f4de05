/** The order of day, month and year in a column's dates; ISO 8601 and month names are read in any of them. */
export type DateOrder = 'ymd' | 'dmy' | 'mdy';

/** The sign between whole and fraction. */
export type DecimalSign = '.' | ',';

/**
 * How the texts of one column are read: decided once, from the whole column, and kept as plain JSON in the model's
 * signature, so that serving reads a value exactly as training did.
 */
export type ColumnFormat =
  | {
      readonly kind: 'number';
      readonly decimal: DecimalSign;
      /** Taken off each text; a text without it is not a value of this column. */
      readonly unit?: string;
      readonly missing?: readonly string[];
    }
  | {
      readonly kind: 'datetime';
      readonly order: DateOrder;
      readonly missing?: readonly string[];
    }
  | {
      readonly kind: 'boolean';
      /** Spellings of false and true; compared without case. */
      readonly labels: readonly [string, string];
      readonly missing?: readonly string[];
    }
  /** White space at both ends does not count. */
  | { readonly kind: 'category'; readonly missing?: readonly string[] }
  /** Kept byte for byte. */
  | { readonly kind: 'text'; readonly missing?: readonly string[] };
