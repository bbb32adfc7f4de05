import type { Backend } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import { fileRows } from './file-rows.ts';
import { createPredictionWriter, type PredictionFormat } from './prediction-bytes.ts';
import { createRowScorer } from './row-scorer.ts';

/** Rows that have no prediction, for one reason. */
export interface RowsSetAside {
  readonly reason: string;
  readonly count: number;
  /** Numbers of the first of them: rows of data, from 1. */
  readonly rows: readonly number[];
}

/** Options of {@link predictFile}. */
export interface PredictFileOptions {
  /** @default 'csv' */
  readonly format?: PredictionFormat;
  readonly signal?: AbortSignal;
}

/** The predictions of a file, made as they are read. */
export interface FilePredictions {
  /** One line a row that could be read, in the order of the file; each chunk is valid until the next is asked for. */
  readonly text: AsyncIterable<Uint8Array | string>;
  /** What was written and what was left out so far. */
  told(): { readonly count: number; readonly setAside: readonly RowsSetAside[] };
}

/** Row numbers that are kept a reason. */
const mostListed = 20;

/**
 * Predicts every row of a file of CSV, TSV or NDJSON as it is read, a few megabytes at a time: memory does not grow with the file, and
 * nothing is read that was not asked for. JSON and Parquet, files that are no UTF-8, and what follows a quote that no rule allows are
 * read whole first. A row with a value that its column can't have is set aside and told, as the service refuses it.
 *
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE; while it is read also RECORD_INVALID where the file lacks a
 * column of the model, DATA_NOT_FOUND, DATA_NOT_READABLE, DATA_EMPTY, DATA_FORMAT, DATA_ENCODING, DATA_TOO_WIDE, PREDICT_FAILED
 */
export function predictFile(
  path: string,
  model: Uint8Array,
  backend: Backend,
  options: PredictFileOptions = {},
): FilePredictions {
  const { format = 'csv', signal } = options;
  const scorer = createRowScorer(model, backend);
  const writer = createPredictionWriter(scorer.signature, format);
  const aside = new Map<string, { count: number; rows: number[] }>();
  const leaveOut = (reason: string, count: number, rows: readonly number[]): void => {
    const known = aside.get(reason) ?? { count: 0, rows: [] };
    known.count += count;
    known.rows.push(...rows.slice(0, mostListed - known.rows.length));
    aside.set(reason, known);
  };
  let count = 0;
  async function* text(): AsyncGenerator<Uint8Array | string> {
    try {
      let header = writer.header;
      for await (const { rows, numberOf, setAside } of fileRows(path, scorer.signature, signal)) {
        signal?.throwIfAborted();
        for (const { reason, count: left, rows: numbers } of setAside) leaveOut(reason, left, numbers);
        const { problems } = rows;
        for (const [row, problem] of problems) leaveOut(problem, 1, [numberOf(row)]);
        if (rows.rowCount === 0) continue;
        const predicted = await scorer.predict(rows, signal);
        // Not before: who pipes the output of a file that can't be read gets nothing at all.
        if (header !== '') yield header;
        header = '';
        count += rows.rowCount - problems.size;
        yield writer.write(predicted, problems.size === 0 ? () => false : (row) => problems.has(row));
      }
      if (count === 0 && aside.size === 0) {
        throw new TrainerError(
          'DATA_EMPTY',
          `Expected rows of data in ${path}, got none. Check that it is the right file, and was written to its end.`,
          { details: { path } },
        );
      }
      if (header !== '') yield header;
    } finally {
      await scorer[Symbol.asyncDispose]();
    }
  }
  return {
    text: text(),
    told: () => ({ count, setAside: [...aside].map(([reason, known]) => ({ reason, ...known })) }),
  };
}
