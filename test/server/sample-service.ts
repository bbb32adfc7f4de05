import type { ServableModel } from 'traineragent/serve';
import { checkModel } from '../../src/onnx/check-model.ts';
import { readSignature } from '../../src/onnx/signature.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel } from '../tools/artefact/sample-model.ts';

/** A small model of real columns of every kind, as a file. */
export async function sampleFile(
  task: 'binary' | 'multiclass' | 'regression' = 'binary',
  kind: 'linear' | 'trees' = 'linear',
): Promise<ServableModel> {
  const learner = kind === 'linear' ? linearLearner : treesLearner;
  const { artefact } = await buildSampleModel(task, [{ learner, weight: 1 }]);
  return { bytes: artefact.bytes, hash: artefact.hash, signature: readSignature(checkModel(artefact.bytes)) };
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
