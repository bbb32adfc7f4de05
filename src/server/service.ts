import { randomUUID } from 'node:crypto';
import type { KeyScope } from '../tools/serve/api-keys.ts';
import { defaultServeLimits, type ServeLimits } from '../tools/serve/serve-limits.ts';
import { answer, type Call, type Prediction, refuse, refuseBusy, type ServiceContext } from './call.ts';
import { createGuard, type GuardOptions } from './guard.ts';
import { inferTensors, modelMetadata, modelReady, serverMetadata } from './infer-tensors.ts';
import type { ServiceMetrics } from './metrics.ts';
import { pages } from './pages.ts';
import { predictRecords } from './predict-records.ts';
import type { ModelRouter, ServedVersion } from './served-version.ts';
import { onEnd, type ServiceAnswer, type ServiceRequest } from './service-request.ts';
import type { Traced } from './tracing.ts';
import { Turns } from './turns.ts';

/** What is logged of a request: nothing that it held. */
export interface RequestLog {
  readonly requestId: string;
  readonly method: string;
  /** The route, not the path. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  /** Code of the problem where it was refused. */
  readonly code?: string;
  readonly rows?: number;
  /** Name of the key. */
  readonly key?: string;
  /** Hash of the model that answered. */
  readonly model?: string;
}

/** What a service is made of. */
export interface ServiceParts extends GuardOptions {
  /** The model's name in paths: letters, digits, dots and dashes. */
  readonly name: string;
  readonly router: ModelRouter;
  readonly limits?: Partial<ServeLimits>;
  readonly metrics: ServiceMetrics;
  readonly log?: ((entry: RequestLog) => void) | undefined;
  readonly traced?: Traced | undefined;
  readonly onPrediction?: ((prediction: Prediction) => void) | undefined;
  /** Called with the end of each request that a version was asked for. */
  readonly onAnswer?: ((version: ServedVersion, status: number, ms: number) => void) | undefined;
  /** Tells overload by the turns of the event loop. @default those of this process */
  readonly turns?: Turns;
  /** Routes beside those of every service. */
  readonly routes?: readonly (readonly [path: string, route: Route])[];
}

/** Answers requests; knows no server. */
export interface ServiceCore {
  readonly limits: ServeLimits;
  /** Every address, with the methods that it takes. */
  readonly routes: ReadonlyMap<string, Pick<Route, 'methods' | 'isLight'>>;
  /** @param defaultHosts - names that the Host header may have where the host of the service named none */
  handle(request: ServiceRequest, defaultHosts?: readonly string[]): Promise<ServiceAnswer>;
  /** Whether so much is under way that a request which comes now would be refused. */
  isFull(): boolean;
  /** Whether more is asked, and has been for some time, than can be answered. */
  readonly isOverload: boolean;
  /** Counts a connection that ends, where so many ask that it should. */
  mayEnd(): boolean;
  /** Counts a request that was refused before it got here. */
  refused(): void;
  /** Notes whether new connections are taken. */
  listening(isSo: boolean): void;
  /** From here on `/readyz` says no; what is under way and what still comes is answered. */
  drain(): void;
  readonly isDraining: boolean;
  /** From here on each answer is the last of its connection: nobody can connect anew, so nobody is sent away to do so. */
  end(): void;
  readonly isEnding: boolean;
  /** Requests under way, streams included. */
  readonly inFlight: number;
}

/** An address of the service. */
export interface Route {
  readonly methods: readonly string[];
  /** What a key must be for; `undefined` where none is needed. */
  readonly scope: KeyScope | undefined;
  /** Takes requests however much is under way. */
  readonly isLight?: boolean;
  answer(call: Call): ServiceAnswer | Promise<ServiceAnswer>;
}

const read = ['GET', 'HEAD'];

/** Puts the doors of a service together: routes, guard, limits, metrics and logs. */
export function createServiceCore(parts: ServiceParts): ServiceCore {
  const { router, metrics, log, traced, turns = new Turns() } = parts;
  const limits = { ...defaultServeLimits, ...parts.limits };
  const guard = createGuard(parts);
  let isDraining = false;
  let isEnding = false;
  let inFlight = 0;
  const isReady = (): boolean => !isDraining && router.versions.some((version) => version.isReady);
  const context: ServiceContext = {
    name: parts.name,
    limits,
    router,
    onPrediction: parts.onPrediction,
    onRejected: metrics.rejected,
    retryAfter: () => 1,
    streams: 0,
  };

  const live = (call: Call) => answer(call, '{"status":"live","live":true}');
  const ready = (call: Call) =>
    isReady()
      ? answer(call, '{"status":"ready","ready":true}')
      : refuse(call, 'NOT_READY', { headers: { 'retry-after': '1' } });
  const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
    ['/v1/predict', { methods: ['POST'], scope: 'predict', answer: predictRecords }],
    ['/livez', { methods: read, scope: undefined, isLight: true, answer: live }],
    ['/readyz', { methods: read, scope: undefined, isLight: true, answer: ready }],
    [
      '/metrics',
      {
        methods: read,
        scope: 'metrics',
        isLight: true,
        answer: async (call) => answer(call, await metrics.text(), metrics.contentType),
      },
    ],
    ['/v2', { methods: read, scope: 'predict', answer: serverMetadata }],
    ['/v2/health/live', { methods: read, scope: undefined, isLight: true, answer: live }],
    ['/v2/health/ready', { methods: read, scope: undefined, isLight: true, answer: ready }],
    ['/v2/models/*', { methods: read, scope: 'predict', answer: modelMetadata }],
    ['/v2/models/*/ready', { methods: read, scope: undefined, isLight: true, answer: modelReady }],
    ['/v2/models/*/infer', { methods: ['POST'], scope: 'predict', answer: inferTensors }],
    ...(parts.routes ?? []),
    ...pages(parts.keys !== undefined && parts.keys.length > 0, (path) => routes.has(path)).map(
      ({ path, scope, answer: page }): [string, Route] => [path, { methods: read, scope, answer: page }],
    ),
  ]);

  async function work(call: Call, name: string, route: Route): Promise<ServiceAnswer> {
    if (!route.isLight) {
      if (inFlight > limits.concurrent) return refuseBusy(call, 'concurrency');
      if (turns.isFull()) return refuseBusy(call, 'load');
      turns.take();
    }
    try {
      return await route.answer(call);
    } catch {
      // What it was is the runtime's or a bug; either way it may hold values, and the client can only try again.
      return refuse(call, name === '/metrics' ? 'NOT_READY' : 'PREDICT_FAILED');
    }
  }

  async function handle(request: ServiceRequest, defaultHosts?: readonly string[]): Promise<ServiceAnswer> {
    const started = performance.now();
    const mark = request.url.indexOf('?');
    const path = mark < 0 ? request.url : request.url.slice(0, mark);
    const { name, params } = routeOf(path);
    const route = routes.get(name);
    const given = request.header('x-request-id');
    const call: Call = {
      request,
      requestId: given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID(),
      query: mark < 0 ? noQuery : new URLSearchParams(request.url.slice(mark + 1)),
      params,
      context,
      rows: 0,
      version: undefined,
      held: undefined,
      code: undefined,
    };
    let key: string | undefined;
    let done: ServiceAnswer;
    inFlight++;
    const guarded = guard(request, route?.scope, defaultHosts);
    if (route === undefined) done = refuse(call, 'problem' in guarded ? guarded.problem : 'NOT_FOUND');
    else if (!route.methods.includes(request.method))
      done = refuse(call, 'METHOD_NOT_ALLOWED', { headers: { allow: route.methods.join(', ') } });
    else if ('problem' in guarded)
      done = refuse(
        call,
        guarded.problem,
        problemsOfKeys.has(guarded.problem) ? { headers: { 'www-authenticate': 'Bearer' } } : {},
      );
    else {
      key = guarded.key;
      done =
        traced === undefined || route.isLight
          ? await work(call, name, route)
          : await traced(
              { method: request.method, route: name, requestId: call.requestId, header: request.header },
              () => work(call, name, route),
            );
    }
    const shown = route === undefined ? 'unknown' : name;
    const end = (): void => {
      inFlight--;
      const ms = performance.now() - started;
      metrics.request(shown, done.status, ms / 1000);
      if (call.held !== undefined) {
        router.release(call.held);
        if (route?.scope === 'predict') parts.onAnswer?.(call.held, done.status, ms);
      }
      log?.({
        requestId: call.requestId,
        method: request.method,
        route: shown,
        status: done.status,
        ms: Math.round(ms * 1000) / 1000,
        ...(call.code === undefined ? {} : { code: call.code }),
        ...(call.rows === 0 ? {} : { rows: call.rows }),
        ...(key === undefined ? {} : { key }),
        ...(call.version === undefined ? {} : { model: call.version }),
      });
    };
    if (typeof done.body === 'string') {
      end();
      return done;
    }
    return { ...done, body: onEnd(done.body, end) };
  }

  return {
    limits,
    routes,
    handle,
    isFull: () =>
      turns.isFull() || inFlight >= limits.concurrent || router.versions.every(({ queue }) => queue.isFull()),
    get isOverload() {
      return turns.isOverload;
    },
    mayEnd: () => turns.mayEnd(),
    refused: () => metrics.refusedEarly(turns.isOverload ? 'load' : 'queue'),
    listening: metrics.listening,
    drain: () => {
      isDraining = true;
    },
    get isDraining() {
      return isDraining;
    },
    end: () => {
      isEnding = true;
    },
    get isEnding() {
      return isEnding;
    },
    get inFlight() {
      return inFlight;
    },
  };
}

const noQuery = new URLSearchParams();
const problemsOfKeys: ReadonlySet<string> = new Set(['KEY_MISSING', 'KEY_INVALID']);
const modelPath = /^\/v2\/models\/([\w.-]{1,64})(?:\/versions\/([\w.-]{1,64}))?(\/ready|\/infer)?$/;

/** The name of a path's route, and the parts that it leaves open. Nothing is decoded: no route has a sign to decode. */
function routeOf(path: string): { readonly name: string; readonly params: readonly string[] } {
  if (!path.startsWith('/v2/models/')) return { name: path.includes('*') ? '' : path, params: [] };
  const match = modelPath.exec(path);
  if (match === null) return { name: '', params: [] };
  const [, model = '', version, rest = ''] = match;
  return { name: `/v2/models/*${rest}`, params: version === undefined ? [model] : [model, version] };
}
