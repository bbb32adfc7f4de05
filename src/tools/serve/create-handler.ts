import { TrainerError } from '../../core/errors.ts';
import { checkRecords } from './check-records.ts';
import { jsonSchemaOfRecord } from './json-schema.ts';
import { readJson } from './read-json.ts';
import { errorResponse, jsonResponse, type RecordProblem } from './serve-errors.ts';
import type { ServedModel, ServedRecord } from './served-model.ts';

/** What one request may ask. */
export interface ServeLimits {
  /** @default 1_000_000 */
  readonly bodyBytes: number;
  /** @default 1_000 */
  readonly records: number;
  /** Nesting of brackets: an array of records has 2. @default 4 */
  readonly jsonDepth: number;
  /** Predictions under way at once; more are answered BUSY. @default 64 */
  readonly concurrent: number;
}

/** The limits unless the host sets others. */
const defaultServeLimits: ServeLimits = { bodyBytes: 1_000_000, records: 1000, jsonDepth: 4, concurrent: 64 };

/** Answers requests; knows no server. */
export interface ServeHandler {
  (request: Request): Promise<Response>;
  /** From here on `/readyz` says no; what is under way and what still comes is answered. */
  drain(): void;
}

/**
 * Makes the service of a model as a function from Request to Response, for any server that speaks Fetch.
 *
 * `POST /v1/predict` takes a record or an array of records, `GET /v1/signature` describes them, `GET /livez` and
 * `GET /readyz` are for supervisors. Errors are `{error: {code, message, problems}}` and never repeat the input.
 */
export function createHandler(options: {
  readonly model: ServedModel;
  readonly limits?: Partial<ServeLimits>;
}): ServeHandler {
  const { model } = options;
  const limits = { ...defaultServeLimits, ...options.limits };
  const signature = { ...jsonSchemaOfRecord(model.signature), 'x-model': model.hash };
  let isDraining = false;
  let underWay = 0;

  const routes: Readonly<
    Record<string, { readonly methods: readonly string[]; answer(request: Request): Response | Promise<Response> }>
  > = {
    '/v1/predict': { methods: ['POST'], answer: predict },
    '/v1/signature': { methods: ['GET', 'HEAD'], answer: () => jsonResponse(200, signature) },
    '/livez': { methods: ['GET', 'HEAD'], answer: () => jsonResponse(200, { status: 'live' }) },
    '/readyz': {
      methods: ['GET', 'HEAD'],
      answer: () =>
        isDraining ? errorResponse('NOT_READY') : jsonResponse(200, { status: 'ready', model: model.hash }),
    },
  };

  async function predict(request: Request): Promise<Response> {
    if (underWay >= limits.concurrent) return errorResponse('BUSY', { headers: { 'retry-after': '1' } });
    underWay++;
    try {
      const read = await readJson(request, limits.bodyBytes, limits.jsonDepth);
      if ('error' in read)
        return errorResponse(
          read.error,
          read.error === 'BODY_TOO_LARGE'
            ? { limit: limits.bodyBytes }
            : read.error === 'JSON_TOO_DEEP'
              ? { limit: limits.jsonDepth }
              : {},
        );
      const records = Array.isArray(read.value) ? (read.value as unknown[]) : [read.value];
      if (records.length > limits.records) return errorResponse('TOO_MANY_RECORDS', { limit: limits.records });
      const problems = checkRecords(model.signature, records);
      if (problems.length > 0) return errorResponse('RECORD_INVALID', { problems });
      const predictions = records.length === 0 ? [] : await model.predict(records as readonly ServedRecord[]);
      return jsonResponse(200, { predictions, model: model.hash });
    } catch (error) {
      if (TrainerError.isInstance(error) && error.code === 'RECORD_INVALID')
        return errorResponse('RECORD_INVALID', { problems: problemsOf(error) });
      return errorResponse('PREDICT_FAILED');
    } finally {
      underWay--;
    }
  }

  const handler = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
    if (!route) return errorResponse('NOT_FOUND');
    if (!route.methods.includes(request.method))
      return errorResponse('METHOD_NOT_ALLOWED', { headers: { allow: route.methods.join(', ') } });
    return route.answer(request);
  };
  return Object.assign(handler, {
    drain: () => {
      isDraining = true;
    },
  });
}

function problemsOf(error: TrainerError): readonly RecordProblem[] {
  const problems = error.details.problems;
  return Array.isArray(problems)
    ? (problems as readonly RecordProblem[]).slice(0, 20)
    : [{ record: 0, problem: error.message }];
}
