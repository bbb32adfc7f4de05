/** Every error that the service answers with: its status, and a message that holds nothing of the input. */
export const serveErrorTable = {
  NOT_FOUND: {
    status: 404,
    message: 'There is nothing here. Known: POST /v1/predict, GET /v1/signature, GET /livez, GET /readyz.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: 'This method is not allowed here; the Allow header names those that are.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    message: 'Expected a body of type application/json in UTF-8, without content encoding.',
  },
  BODY_TOO_LARGE: { status: 413, message: 'The body is larger than the limit.' },
  TOO_MANY_RECORDS: { status: 413, message: 'There are more records than the limit; send them in several requests.' },
  JSON_INVALID: { status: 400, message: 'The body is not valid JSON in UTF-8.' },
  JSON_TOO_DEEP: { status: 400, message: 'The JSON is nested deeper than the limit; a record has plain values only.' },
  RECORD_INVALID: {
    status: 400,
    message: 'Expected one record or an array of records that fit the signature; see GET /v1/signature.',
  },
  HOST_NOT_ALLOWED: { status: 403, message: 'The Host header must name this machine (localhost, 127.0.0.1 or [::1]).' },
  BUSY: { status: 503, message: 'Too many requests are under way; try again.' },
  NOT_READY: { status: 503, message: 'The service is shutting down.' },
  PREDICT_FAILED: { status: 500, message: 'The model failed to predict.' },
} as const;

/** A code of {@link serveErrorTable}. */
export type ServeErrorCode = keyof typeof serveErrorTable;

/** What is wrong with one field: where, and what was expected. Never what was sent. */
export interface RecordProblem {
  /** Position in the request, from 0. */
  readonly record: number;
  /** An input of the model; absent where the record as a whole is wrong. */
  readonly column?: string;
  readonly problem: string;
}

/** An answer that says what is wrong. */
export function errorResponse(
  code: ServeErrorCode,
  options: {
    readonly problems?: readonly RecordProblem[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly limit?: number;
  } = {},
): Response {
  const { status, message } = serveErrorTable[code];
  const { problems, headers, limit } = options;
  return jsonResponse(
    status,
    { error: { code, message, ...(limit === undefined ? {} : { limit }), problems: problems ?? [] } },
    headers,
  );
}

/** A JSON answer that no cache keeps and no browser takes for something else. */
export function jsonResponse(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}
