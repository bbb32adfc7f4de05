import type { ServableModel } from 'traineragent/serve';
import { checkModel } from '../../src/onnx/check-model.ts';
import { readSignature } from '../../src/onnx/signature.ts';
import { buildArtefact } from '../../src/tools/artefact/build-artefact.ts';
import { encodeTableForModel } from '../../src/tools/artefact/encode-table.ts';
import type { Table } from '../../src/tools/data/table.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { makeReference } from '../../src/tools/serve/drift/make-reference.ts';
import { buildSampleModel, sampleTable } from '../tools/artefact/sample-model.ts';

/** A small model of real columns of every kind, as a file. */
export async function sampleFile(
  task: 'binary' | 'multiclass' | 'regression' = 'binary',
  kind: 'linear' | 'trees' = 'linear',
): Promise<ServableModel> {
  const learner = kind === 'linear' ? linearLearner : treesLearner;
  const { artefact } = await buildSampleModel(task, [{ learner, weight: 1 }]);
  return { bytes: artefact.bytes, hash: artefact.hash, signature: readSignature(checkModel(artefact.bytes)) };
}

/** The same with a reference, so that drift is noticed. */
export async function watchedFile(): Promise<ServableModel> {
  const { parts, prepare, predict } = await buildSampleModel('binary', [{ learner: linearLearner, weight: 1 }]);
  const table = sampleTable(600, 'training');
  const reference = makeReference(
    parts.signature,
    encodeTableForModel(parts.signature, table),
    { kind: 'numbers', values: predict(prepare(table)) },
    { metric: 'accuracy', value: 0.9, low: 0.87, high: 0.92 },
  );
  const { bytes, hash } = buildArtefact({ ...parts, reference, card: { ...parts.card, metric: 'f1' } });
  return { bytes, hash, signature: readSignature(checkModel(bytes)) };
}

/** Records as the sample's rows are, and what is otherwise in them. */
export function recordsOf(rows: number, seed: string, change: Readonly<Record<string, unknown>> = {}) {
  const table = sampleTable(rows, seed);
  const cell = (column: Table['columns'][number], row: number): unknown => {
    if (column.validity !== undefined && ((column.validity[row >> 3]! >> (row & 7)) & 1) === 0) return null;
    if (column.kind === 'category') return column.dictionary[column.codes[row]!];
    if (column.kind === 'text') return null;
    return column.kind === 'boolean' ? column.values[row] === 1 : column.values[row];
  };
  return Array.from({ length: rows }, (_, row) => ({
    ...Object.fromEntries(table.columns.map((column) => [column.name, cell(column, row)])),
    ...change,
  }));
}
/** A record that the sample's model takes. */
export const sampleRecord = { tenure: 3, since: '2020-01-01', plan: 'basic', active: 'yes', usage: 12, region: 'N' };

/** A request of JSON to predict. */
export const predictRequest = (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/predict',
): Request =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
