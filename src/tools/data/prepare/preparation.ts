/** Parts of a datetime that become numeric features; each is computed by integer division, in the graph too. */
export type DatetimePart = 'year' | 'month' | 'day' | 'weekday' | 'hour' | 'days';

/** How one source column becomes features. */
export type PreparedColumn =
  /** Rounded to float32; missing is NaN. */
  | { readonly column: string; readonly kind: 'number' }
  /** 0 and 1; missing is NaN. */
  | { readonly column: string; readonly kind: 'boolean' }
  /** Codes: 0 missing, 1 outside the dictionary, 2 + position in it. */
  | { readonly column: string; readonly kind: 'category'; readonly dictionary: readonly string[] }
  /** One numeric feature a part, named `column.part`; `days` is days since 1970 as a fraction. Missing is NaN. */
  | { readonly column: string; readonly kind: 'datetime'; readonly parts: readonly DatetimePart[] };

/**
 * How a table becomes the features of the learners, the same in training and in the artefact's graph.
 * Feature order: all numeric features (numbers, booleans, datetime parts, in the order of `columns`), then the categories.
 */
export interface Preparation {
  readonly formatVersion: 1;
  readonly columns: readonly PreparedColumn[];
}
