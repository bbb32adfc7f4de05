import type { ModelSignature } from '../../onnx/signature.ts';
import type { PredictedRows } from '../artefact/decode-predictions.ts';
import { csvLine, predictionColumns } from './predictions-csv.ts';

/** Writes predictions as text, straight from columns: no object a row. */
export interface AnswerWriter {
  /** One prediction as JSON: prediction, and probabilities or interval where the model has them. */
  json(rows: PredictedRows, row: number): string;
  /** Names of the columns as a line of CSV. */
  readonly csvHeader: string;
  /** One prediction as a line of CSV; `problem` is the last column. */
  csv(rows: PredictedRows, row: number): string;
  /** A line of CSV for a record that has no prediction. */
  csvProblem(problem: string): string;
}

/** Infinite values and NaN have no JSON. */
const number = (value: number): string => (Number.isFinite(value) ? String(value) : 'null');

/** Makes the writer of a signature. */
export function createAnswerWriter(signature: ModelSignature): AnswerWriter {
  const columns = predictionColumns(signature);
  const classes = signature.output.kind === 'classification' ? signature.output.classes : [];
  const keys = classes.map((label, i) => `${i === 0 ? '' : ','}${JSON.stringify(label)}:`);
  const labels = new Map(classes.map((label) => [label, JSON.stringify(label)]));
  return {
    json(rows, row) {
      if (rows.kind === 'regression') {
        const value = `{"prediction":${number(rows.values[row]!)}`;
        if (rows.intervals === undefined) return `${value}}`;
        const [low, high] = [rows.intervals[2 * row]!, rows.intervals[2 * row + 1]!];
        return `${value},"interval":{"low":${number(low)},"high":${number(high)}}}`;
      }
      const label = rows.labels[row]!;
      let text = `{"prediction":${labels.get(label) ?? JSON.stringify(label)},"probabilities":{`;
      for (let i = 0, at = row * keys.length; i < keys.length; i++, at++)
        text += keys[i]! + number(rows.probabilities[at]!);
      return `${text}}}`;
    },
    csvHeader: csvLine([...columns, 'problem']),
    csv(rows, row) {
      if (rows.kind === 'regression') {
        const interval = rows.intervals === undefined ? [] : [rows.intervals[2 * row]!, rows.intervals[2 * row + 1]!];
        return csvLine([rows.values[row]!, ...interval, undefined]);
      }
      const from = row * classes.length;
      return csvLine([rows.labels[row]!, ...rows.probabilities.subarray(from, from + classes.length), undefined]);
    },
    csvProblem: (problem) => csvLine([...columns.map(() => undefined), problem]),
  };
}
