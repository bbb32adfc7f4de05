import { decodeArrays } from '../../../core/helpers/encode-arrays.ts';
import type { ModelSignature } from '../../../onnx/signature.ts';
import { encodeTableForModel } from '../../artefact/encode-table.ts';
import type { Table } from '../../data/table.ts';
import { makeReference, type OutOfFoldPredictions } from './make-reference.ts';
import type { DriftReference } from './reference.ts';
import { ScoreSums } from './score-sums.ts';

/** The reference of a model from rows that it learnt from, and its predictions out of fold. */
export function referenceOfTraining(
  signature: ModelSignature,
  table: Table,
  validation: { readonly outOfFold: Uint8Array; readonly repeats: number },
): DriftReference {
  const inputs = encodeTableForModel(signature, table);
  const { arrays } = decodeArrays(validation.outOfFold);
  // Repeat after repeat: the first has every row once, and rows that come again would be counted again.
  const count = Math.floor(arrays.truth!.length / validation.repeats);
  const first = (name: string) => arrays[name]?.subarray(0, count);
  const truth = first('truth')!;
  const [probabilities, labels, values] = ['probabilities', 'labels', 'values'].map(first);
  const { output } = signature;
  const sums = new ScoreSums(output.kind === 'classification');
  for (let i = 0; i < count; i++)
    sums.add(labels === undefined ? Math.abs(values![i]! - truth[i]!) : Number(labels[i] === truth[i]));
  const predictions: OutOfFoldPredictions =
    output.kind === 'regression'
      ? { kind: 'numbers', values: values! }
      : output.positive === undefined
        ? { kind: 'classes', labels: labels!, classCount: output.classes.length }
        : { kind: 'numbers', values: probabilities! };
  const { metric, value, interval } = sums.score();
  return makeReference(signature, inputs, predictions, { metric, value, low: interval[0], high: interval[1] });
}

/** A reference as large as that of a model which has no predictions yet: every place is there, what stands for predictions is made up. */
export function referenceForSize(signature: ModelSignature, table: Table): DriftReference {
  const { output } = signature;
  const values = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const sums = new ScoreSums(output.kind === 'classification');
  for (const value of values) sums.add(Number(value > 0));
  const predictions: OutOfFoldPredictions =
    output.kind === 'classification' && output.positive === undefined
      ? { kind: 'classes', labels: values.map((_, i) => i % output.classes.length), classCount: output.classes.length }
      : { kind: 'numbers', values };
  const { metric, value, interval } = sums.score();
  const score = { metric, value, low: interval[0], high: interval[1] };
  return makeReference(signature, encodeTableForModel(signature, table), predictions, score);
}
