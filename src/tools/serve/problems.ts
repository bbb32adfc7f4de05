import type { RecordProblem } from '../artefact/encode-records.ts';

/** Every error that the service answers with: its status, and a sentence that holds nothing of the input. */
export const problemTable = {
  REQUEST_MALFORMED: {
    status: 400,
    detail: 'The request is not valid HTTP, or its address is not a path. Send it by an ordinary HTTP client.',
  },
  JSON_INVALID: { status: 400, detail: 'The body is not valid JSON in UTF-8. Correct it, or send it as text/csv.' },
  JSON_TOO_DEEP: { status: 400, detail: 'The JSON is nested deeper than the limit. Send flat records.' },
  RECORD_INVALID: {
    status: 400,
    detail: 'Expected one record or an array of records that fit the signature; see GET v1/signature.',
  },
  TENSOR_INVALID: {
    status: 400,
    detail: 'The tensors do not fit the model; see GET v2/models/{model} for names, types and shapes.',
  },
  LABEL_INVALID: {
    status: 400,
    detail:
      'Expected {"label": "stable", "canary" or "shadow"}, to promote with the "version" of the store and for a canary a "share"; a shadow or canary stands beside another stable version.',
  },
  OUTCOME_INVALID: {
    status: 400,
    detail: 'Expected {"requestId", "truth"} and for a request of several records "record", or an array of them.',
  },
  KEY_MISSING: { status: 401, detail: 'Expected a key: Authorization: Bearer KEY.' },
  KEY_INVALID: { status: 401, detail: 'The key is not known here. Check it, or ask for another.' },
  SCOPE_MISSING: { status: 403, detail: 'The key does not have the scope that this needs. Ask for a key that has it.' },
  HOST_NOT_ALLOWED: {
    status: 403,
    detail:
      'The Host header names another machine than those that are served here. Use a name that is, or let the service allow this one.',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    detail:
      'Pages of other origins may not call this service. Call it from a server, or let the service allow this origin.',
  },
  NOT_FOUND: { status: 404, detail: 'There is nothing here; see GET openapi.json.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    detail: 'This method is not allowed here; the Allow header names those that are.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    detail: 'Answers are application/json, application/x-ndjson or text/csv; ask for one of them in Accept.',
  },
  REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time. Send it again, or in smaller pieces.' },
  BODY_TOO_LARGE: { status: 413, detail: 'The body is larger than the limit. Send fewer records at a time.' },
  TOO_MANY_RECORDS: {
    status: 413,
    detail: 'There are more records than the limit; send them as application/x-ndjson.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    detail: 'Expected application/json, application/x-ndjson or text/csv in UTF-8, without content encoding.',
  },
  BUSY: { status: 429, detail: 'Too much is under way; try again after the time in Retry-After.' },
  HEADERS_TOO_LARGE: { status: 431, detail: 'The headers are larger than the limit. Send fewer or shorter ones.' },
  PREDICT_FAILED: { status: 500, detail: 'The model failed to predict; the request can be sent again.' },
  LABEL_FAILED: {
    status: 500,
    detail: 'The labels could not be changed, or the version could not be started. The log of the service says why.',
  },
  EXPLAIN_UNSUPPORTED: {
    status: 501,
    detail: 'This model can not explain its predictions. Ask for predictions alone.',
  },
  NOT_READY: { status: 503, detail: 'The service is starting or shutting down. Try again shortly.' },
} as const;

/** A code of {@link problemTable}. */
export type ProblemCode = keyof typeof problemTable;

/** What is told beside the code. */
export interface ProblemOptions {
  readonly problems?: readonly (RecordProblem | TensorProblem)[];
  /** The limit that was passed. */
  readonly limit?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestId?: string;
}

/** What is wrong with one tensor; never its values. */
export interface TensorProblem {
  readonly tensor: string;
  readonly problem: string;
}

/** A problem of RFC 9457 as JSON. `error` is for clients of the Open Inference Protocol, which read no other member. */
export function problemJson(code: ProblemCode, options: ProblemOptions = {}): string {
  const { status, detail } = problemTable[code];
  const { problems = [], limit, requestId } = options;
  const first = problems[0];
  const place =
    first === undefined ? '' : ` ${'tensor' in first ? first.tensor : `Record ${first.record}`}: ${first.problem}.`;
  return JSON.stringify({
    type: `urn:problem:traineragent:${code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(code),
    status,
    detail,
    code,
    ...(limit === undefined ? {} : { limit }),
    ...(problems.length === 0 ? {} : { problems }),
    ...(requestId === undefined ? {} : { requestId }),
    error: `${detail}${place}`,
  });
}

function titleOf(code: ProblemCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ').replace('json', 'JSON');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
