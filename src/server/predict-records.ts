import { parseJson } from '../tools/serve/parse-json.ts';
import {
  answer,
  bodyType,
  type Call,
  chooseVersion,
  predictionsOf,
  refuse,
  refuseBusy,
  wantedType,
  watched,
} from './call.ts';
import { predictStream } from './predict-stream.ts';
import { BodyTimeout, type ServiceAnswer, within } from './service-request.ts';

const answerTypes = ['application/json', 'application/x-ndjson', 'text/csv'] as const;

/** `POST /v1/predict`: one record, an array of them, or a stream of lines. */
export async function predictRecords(call: Call): Promise<ServiceAnswer> {
  const { request, context } = call;
  const { limits } = context;
  const type = bodyType(request);
  if (type === 'application/x-ndjson' || type === 'text/csv') {
    const wanted = wantedType(request, [type, ...answerTypes.slice(1)]);
    if (wanted !== 'application/x-ndjson' && wanted !== 'text/csv') return refuse(call, 'NOT_ACCEPTABLE');
    return predictStream(call, type, wanted);
  }
  if (type !== 'application/json') return refuse(call, 'MEDIA_TYPE_UNSUPPORTED');
  const wanted = wantedType(request, answerTypes);
  if (wanted === undefined) return refuse(call, 'NOT_ACCEPTABLE');
  const version = chooseVersion(call);
  if (!version.isReady) return refuse(call, 'NOT_READY', { headers: { 'retry-after': '1' } });
  if (version.queue.isFull()) return refuseBusy(call, 'queue');

  const body = await readJson(call);
  if ('refused' in body) return body.refused;
  const isOne = !Array.isArray(body.value);
  const records = isOne ? [body.value] : (body.value as readonly unknown[]);
  if (records.length > limits.records) return refuse(call, 'TOO_MANY_RECORDS', { limit: limits.records });
  call.rows = records.length;
  const { tensors, problems } = version.encode(records);
  if (problems.length > 0) return refuse(call, 'RECORD_INVALID', { problems });
  const wantsReasons = call.query.get('explain') === '1';
  if (wantsReasons && version.explain === undefined) return refuse(call, 'EXPLAIN_UNSUPPORTED');
  if (version.queue.isFull(records.length)) return refuseBusy(call, 'queue');

  const texts: string[] = [];
  const { writer } = version;
  if (records.length > 0) {
    const predicted = version.queue.infer(tensors, records.length);
    const [done, explanations] = wantsReasons
      ? await Promise.all([predicted, version.explain?.(records as readonly Readonly<Record<string, unknown>>[])])
      : [await predicted, undefined];
    watched(call, version, tensors, records.length, done);
    const rows = predictionsOf(version, done);
    for (let i = 0; i < records.length; i++) {
      const text = wanted === 'text/csv' ? writer.csv(rows, done.from + i) : writer.json(rows, done.from + i);
      const reasons = explanations?.[i];
      texts.push(
        reasons === undefined || wanted === 'text/csv'
          ? text
          : `${text.slice(0, -1)},"explanation":${JSON.stringify(reasons)}}`,
      );
    }
  }
  const headers = { 'x-model-version': version.version };
  if (wanted === 'text/csv') return answer(call, writer.csvHeader + texts.join(''), 'text/csv; charset=utf-8', headers);
  if (wanted === 'application/x-ndjson')
    return answer(call, texts.map((text) => `${text}\n`).join(''), 'application/x-ndjson', headers);
  return answer(call, `{"predictions":[${texts.join(',')}],"model":"${version.version}"}`, undefined, headers);
}

/** The JSON of a request's body within the limits, or the answer that refuses it. */
export async function readJson(call: Call): Promise<{ readonly value: unknown } | { readonly refused: ServiceAnswer }> {
  const { request, context } = call;
  const { bodyBytes, bodyMs, jsonDepth } = context.limits;
  const tooLarge = () => ({ refused: refuse(call, 'BODY_TOO_LARGE', { limit: bodyBytes }) });
  if (Number(request.header('content-length') ?? 0) > bodyBytes) return tooLarge();
  let bytes: Uint8Array | undefined;
  // After the rest of what came with the headers.
  await undefined;
  try {
    const read = request.read(bodyBytes);
    bytes = read instanceof Promise ? await within(read, bodyMs) : read;
  } catch (error) {
    if (error instanceof BodyTimeout) return { refused: refuse(call, 'REQUEST_TIMEOUT') };
    return { refused: refuse(call, 'REQUEST_MALFORMED') };
  }
  if (bytes === undefined) return tooLarge();
  const parsed = parseJson(bytes, jsonDepth);
  if ('value' in parsed) return parsed;
  return { refused: refuse(call, parsed.error, parsed.error === 'JSON_TOO_DEEP' ? { limit: jsonDepth } : {}) };
}
