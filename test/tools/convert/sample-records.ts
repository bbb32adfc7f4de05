import { sampleTable } from '../artefact/sample-model.ts';

/** Records of a table, missing cells as null or left out. */
export function recordsOf(rowCount: number): Record<string, unknown>[] {
  const table = sampleTable(rowCount, 'portable', 0.2);
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(
      table.columns.flatMap((column): [string, unknown][] => {
        const isPresent = column.validity === undefined || ((column.validity[row >> 3]! >>> (row & 7)) & 1) === 1;
        if (!isPresent) return row % 2 === 0 ? [] : [[column.name, null]];
        if (column.kind === 'category') return [[column.name, column.dictionary[column.codes[row]!]]];
        if (column.kind === 'boolean') return [[column.name, column.labels[column.values[row]!]]];
        if (column.kind === 'text') return [];
        const value = column.values[row]!;
        if (column.kind === 'datetime') return [[column.name, new Date(value).toISOString()]];
        return [[column.name, row % 3 === 0 ? `${value} ${column.unit ?? ''}` : value]];
      }),
    ),
  );
}

export interface Answer {
  readonly prediction: string | number;
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly interval?: { readonly low: number; readonly high: number };
}

/** Greatest difference relative to max(1, magnitude), and labels that differ beyond ties. */
export function differenceOf(own: readonly Answer[], theirs: readonly Answer[]): { worst: number; labels: number } {
  let worst = 0;
  let labels = 0;
  const compare = (a: number, b: number): void => {
    const difference = Math.abs(a - b) / Math.max(1, Math.abs(b));
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  };
  own.forEach((answer, i) => {
    const other = theirs[i]!;
    if (typeof answer.prediction === 'number') compare(answer.prediction, Number(other.prediction));
    else if (answer.prediction !== other.prediction) {
      const ranked = Object.values(other.probabilities!).sort((a, b) => b - a);
      if (ranked[0]! - ranked[1]! > 2e-5) labels++;
    }
    for (const [name, value] of Object.entries(answer.probabilities ?? {})) compare(value, other.probabilities![name]!);
    if (answer.interval !== undefined) {
      compare(answer.interval.low, other.interval!.low);
      compare(answer.interval.high, other.interval!.high);
    }
  });
  return { worst, labels };
}
