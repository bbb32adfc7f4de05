import type { Tensors } from '../backends/backend.ts';
import { collectPredictions, type PredictedRows } from '../tools/artefact/decode-predictions.ts';
import { type ProblemCode, type ProblemOptions, problemJson, problemTable } from '../tools/serve/problems.ts';
import type { ServeLimits } from '../tools/serve/serve-limits.ts';
import { sliceRows } from '../tools/serve/tensor-rows.ts';
import type { BatchAnswer } from './inference-queue.ts';
import type { ModelRouter, ServedVersion } from './served-version.ts';
import type { ServiceAnswer, ServiceRequest } from './service-request.ts';

/** What the service tells whoever watches predictions: drift, shadow traffic, outcomes that come later. */
export interface Prediction {
  readonly requestId: string;
  readonly version: ServedVersion;
  readonly rows: number;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

/** What all routes work with. */
export interface ServiceContext {
  readonly name: string;
  readonly limits: ServeLimits;
  readonly router: ModelRouter;
  readonly onPrediction: ((prediction: Prediction) => void) | undefined;
  /** Why a request was refused, for metrics. */
  readonly onRejected: (reason: string) => void;
  /** Seconds after which a refused client may come again. */
  retryAfter(): number;
  /** Streams of rows under way. */
  streams: number;
}

/** One request on its way, and what its log line will say. */
export interface Call {
  readonly request: ServiceRequest;
  readonly requestId: string;
  readonly query: URLSearchParams;
  /** Parts of the path that the route leaves open. */
  readonly params: readonly string[];
  readonly context: ServiceContext;
  rows: number;
  version: string | undefined;
  /** The version that this request was given, which its end lets go of. */
  held: ServedVersion | undefined;
  code: ProblemCode | undefined;
}

const safeHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

/** An answer that no cache keeps and no browser takes for something else. */
export function answer(
  call: Call,
  body: ServiceAnswer['body'],
  type = 'application/json; charset=utf-8',
  headers: Readonly<Record<string, string>> = {},
): ServiceAnswer {
  return {
    status: 200,
    headers: { 'content-type': type, ...safeHeaders, 'x-request-id': call.requestId, ...headers },
    body,
  };
}

/** An answer that says what is wrong. */
export function refuse(call: Call, code: ProblemCode, options: ProblemOptions = {}): ServiceAnswer {
  call.code = code;
  return problemAnswer(code, { ...options, requestId: call.requestId });
}

/** The same where there is no call yet. */
export function problemAnswer(code: ProblemCode, options: ProblemOptions = {}): ServiceAnswer {
  return {
    status: problemTable[code].status,
    headers: {
      'content-type': 'application/problem+json',
      ...safeHeaders,
      ...(options.requestId === undefined ? {} : { 'x-request-id': options.requestId }),
      ...options.headers,
    },
    body: problemJson(code, options),
  };
}

/** The answer of a service that has too much to do. */
export function refuseBusy(call: Call, reason: string): ServiceAnswer {
  call.context.onRejected(reason);
  return refuse(call, 'BUSY', { headers: { 'retry-after': String(call.context.retryAfter()) } });
}

/** The version that answers this call. */
export function chooseVersion(call: Call): ServedVersion {
  const version = call.context.router.choose({
    requestId: call.requestId,
    stickyKey: call.request.header('x-sticky-key'),
  });
  return holding(call, version);
}

/** Notes which version a call was given. */
export function holding(call: Call, version: ServedVersion): ServedVersion {
  call.version = version.version;
  call.held = version;
  return version;
}

/** The media type of a body that is not encoded in any further way, without its parameters. */
export function bodyType(request: ServiceRequest): string | undefined {
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return undefined;
  const type = request.header('content-type');
  if (type === 'application/json') return type;
  return /^([\w.+-]+\/[\w.+-]+)\s*(?:;\s*(?:charset\s*=\s*"?utf-8"?|header\s*=\s*present)\s*)*$/i
    .exec(type ?? '')?.[1]
    ?.toLowerCase();
}

/** What a client would like to get, out of what there is; `undefined` where it takes none of them. */
export function wantedType(request: ServiceRequest, offered: readonly string[]): string | undefined {
  const accept = request.header('accept');
  if (accept === undefined || accept === '*/*') return offered[0];
  let best: { type: string; quality: number } | undefined;
  for (const part of accept.split(',').slice(0, 20)) {
    const [range = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const stated = parameters.find((word) => word.startsWith('q='));
    const quality = stated === undefined ? 1 : Number(stated.slice(2));
    const type = offered.find(
      (candidate) => range === candidate || range === '*/*' || range === `${candidate.split('/')[0]}/*`,
    );
    if (type !== undefined && quality > 0 && (best === undefined || quality > best.quality)) best = { type, quality };
  }
  return best?.type;
}

/** Tells who watches what was predicted. */
export function watched(
  call: Call,
  version: ServedVersion,
  inputs: Tensors,
  rows: number,
  { batch, from }: BatchAnswer,
): void {
  const { onPrediction } = call.context;
  if (onPrediction === undefined) return;
  const outputs = sliceRows(batch.tensors, from, from + rows);
  onPrediction({ requestId: call.requestId, version, rows, inputs, outputs });
}

/** The predictions of a whole batch in columns, made once for all requests of it. */
export function predictionsOf(version: ServedVersion, { batch }: BatchAnswer): PredictedRows {
  batch.predictions ??= collectPredictions(version.signature, [batch.tensors]);
  return batch.predictions;
}
