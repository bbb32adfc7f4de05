import type { ModelSignature } from '../../onnx/signature.ts';
import type { PredictedRows } from '../artefact/decode-predictions.ts';
import { createAnswerWriter } from '../serve/answer-writer.ts';
import { csvLine, predictionColumns } from '../serve/predictions-csv.ts';
import { writeFloat } from './write-float.ts';

/** Forms that predictions of a file are written in. */
export type PredictionFormat = 'csv' | 'ndjson';

/** Writes predictions in columns as bytes, one line a row. */
export interface PredictionWriter {
  /** The first line, where the form has one. */
  readonly header: string;
  /** Rows for which `isLeftOut` is true have no line. The bytes are valid until the next call. */
  write(rows: PredictedRows, isLeftOut: (row: number) => boolean): Uint8Array;
}

const [comma, lineFeed] = [44, 10];
/** Bytes of a number at most, with what separates it from the next. */
const numberBytes = 32;

/** Makes the writer of a signature. CSV has the numbers of `csvLine`, NDJSON the objects of the service. */
export function createPredictionWriter(signature: ModelSignature, format: PredictionFormat): PredictionWriter {
  if (format === 'ndjson') {
    const { json } = createAnswerWriter(signature);
    return {
      header: '',
      write(rows, isLeftOut) {
        let text = '';
        for (let row = 0; row < rows.rowCount; row++) if (!isLeftOut(row)) text += `${json(rows, row)}\n`;
        return Buffer.from(text);
      },
    };
  }
  const { output } = signature;
  const classes = output.kind === 'classification' ? output.classes : [];
  const labels = new Map(classes.map((label) => [label, Buffer.from(csvLine([label]).slice(0, -1))]));
  const longest = Math.max(0, ...[...labels.values()].map(({ length }) => length));
  const lineBytes = longest + numberBytes * (1 + Math.max(2, classes.length)) + 2;
  let bytes = Buffer.alloc(0);
  return {
    header: csvLine(predictionColumns(signature)),
    write(rows, isLeftOut) {
      if (bytes.length < rows.rowCount * lineBytes) bytes = Buffer.allocUnsafeSlow(rows.rowCount * lineBytes);
      let at = 0;
      const floats = (values: Float32Array, from: number, to: number): void => {
        for (let i = from; i < to; i++) {
          bytes[at++] = comma;
          at = writeFloat(bytes, at, values[i]!);
        }
      };
      for (let row = 0; row < rows.rowCount; row++) {
        if (isLeftOut(row)) continue;
        if (rows.kind === 'classification') {
          const label = labels.get(rows.labels[row]!)!;
          bytes.set(label, at);
          at += label.length;
          floats(rows.probabilities, row * classes.length, (row + 1) * classes.length);
        } else {
          at = writeFloat(bytes, at, rows.values[row]!);
          if (rows.intervals !== undefined) floats(rows.intervals, 2 * row, 2 * row + 2);
        }
        bytes[at++] = lineFeed;
      }
      return bytes.subarray(0, at);
    },
  };
}
