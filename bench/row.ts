/** One line of a bench's table. */
export interface Row {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly ours: number;
  readonly peer: number;
  /** What `must` is held against; what it is a ratio of is the bench's to say. */
  readonly ratio: number;
  /** `<= 0.8`, `>= 4`, or `0.93..0.97` (both ends allowed). */
  readonly must: string;
  readonly ok: boolean;
}

/** What a bench is told. */
export interface RunOptions {
  /** The Python that has the peers. */
  readonly python: string;
  /** Smaller cases, to see that the bench works. */
  readonly quick: boolean;
  /** Letters that are in the names of the cases to run. @default all */
  readonly only?: string;
}

/** Whether a case is to run. */
export const isChosen = (name: string, only: string | undefined): boolean =>
  only === undefined || name.toLowerCase().includes(only.toLowerCase());

/** A bench file's default export. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(options: RunOptions): Promise<Row[]>;
}

/** A row with `ok` computed from `ratio` and `must`. @throws {Error} where `must` has none of its forms. */
export function makeRow(row: Omit<Row, 'ok'>): Row {
  return { ...row, ok: holds(row.ratio, row.must) };
}

/** A row of how many samples a second two sides train. */
export function rateRow(bench: string, name: string, ours: number, peer: number, must: string): Row {
  return makeRow({ bench, case: name, metric: 'samples/s', ours, peer, ratio: ours / peer, must });
}

function holds(ratio: number, must: string): boolean {
  const range = must.match(/^([-+.\de]+)\.\.([-+.\de]+)$/);
  if (range !== null) return ratio >= Number(range[1]) && ratio <= Number(range[2]);
  const bound = must.match(/^(<=|>=) ([-+.\de]+)$/);
  if (bound === null) throw new Error(`Expected must to be "<= n", ">= n" or "a..b", got "${must}".`);
  return bound[1] === '<=' ? ratio <= Number(bound[2]) : ratio >= Number(bound[2]);
}
