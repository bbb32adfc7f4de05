import { version as libraryVersion } from '../core/version.ts';
import { describeTensor, readInferRequest, writeInferAnswer } from '../tools/serve/inference-protocol.ts';
import { sliceRows } from '../tools/serve/tensor-rows.ts';
import { answer, bodyType, type Call, chooseVersion, holding, refuse, refuseBusy, watched } from './call.ts';
import { readJson } from './predict-records.ts';
import type { ServedVersion } from './served-version.ts';
import type { ServiceAnswer } from './service-request.ts';

/** `GET /v2`. */
export const serverMetadata = (call: Call): ServiceAnswer =>
  answer(call, JSON.stringify({ name: 'traineragent', version: libraryVersion, extensions: [] }));

/** The version that a path names: `params` are the model and, where the path has one, the version. */
function versionOf(call: Call): ServedVersion | undefined {
  const [model, version] = call.params;
  if (model !== call.context.name) return undefined;
  if (version === undefined) return chooseVersion(call);
  const found = call.context.router.find(version);
  return found === undefined ? undefined : holding(call, found);
}

/** `GET /v2/models/{model}[/versions/{version}]`. */
export function modelMetadata(call: Call): ServiceAnswer {
  const version = versionOf(call);
  if (version === undefined) return refuse(call, 'NOT_FOUND');
  return answer(
    call,
    JSON.stringify({
      name: call.context.name,
      versions: call.context.router.versions.map((open) => open.version),
      platform: 'onnxruntime_onnx',
      inputs: version.inputs.map(describeTensor),
      outputs: version.outputs.map(describeTensor),
    }),
  );
}

/** `GET /v2/models/{model}[/versions/{version}]/ready`. */
export function modelReady(call: Call): ServiceAnswer {
  const version = versionOf(call);
  if (version === undefined) return refuse(call, 'NOT_FOUND');
  if (!version.isReady) return refuse(call, 'NOT_READY');
  return answer(call, JSON.stringify({ name: call.context.name, ready: true }));
}

/** `POST /v2/models/{model}[/versions/{version}]/infer`. */
export async function inferTensors(call: Call): Promise<ServiceAnswer> {
  const version = versionOf(call);
  if (version === undefined) return refuse(call, 'NOT_FOUND');
  if (bodyType(call.request) !== 'application/json') return refuse(call, 'MEDIA_TYPE_UNSUPPORTED');
  if (!version.isReady) return refuse(call, 'NOT_READY', { headers: { 'retry-after': '1' } });
  if (version.queue.isFull()) return refuseBusy(call, 'queue');
  const body = await readJson(call);
  if ('refused' in body) return body.refused;
  const request = readInferRequest(body.value, version.inputs, version.outputs, call.context.limits);
  if ('problems' in request) return refuse(call, 'TENSOR_INVALID', { problems: request.problems });
  const { tensors, rows, id, outputs: names } = request;
  if (version.queue.isFull(rows)) return refuseBusy(call, 'queue');
  call.rows = rows;
  const done = await version.queue.infer(tensors, rows);
  watched(call, version, tensors, rows, done);
  const outputs = sliceRows(done.batch.tensors, done.from, done.from + rows);
  const text = writeInferAnswer(outputs, { model: call.context.name, version: version.version, id, names });
  return answer(call, text, undefined, { 'x-model-version': version.version });
}
