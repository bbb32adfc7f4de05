import type { Json } from '../../core/helpers/canonical-json.ts';
import type { ModelSignature } from '../../onnx/signature.ts';
import { exampleRecords } from './example-records.ts';
import { type JsonSchema, jsonSchemaOfAnswer, jsonSchemaOfRecord } from './json-schema.ts';
import { modelLabels } from './model-labels.ts';
import { type ProblemCode, problemTable } from './problems.ts';

/** What the page is made from. */
export interface OpenApiFacts {
  readonly signature: ModelSignature;
  /** The model's name in paths. */
  readonly name: string;
  readonly version: string;
  readonly hasKeys: boolean;
  /** Whether the version that answers explains its predictions; `explain` is offered only then. */
  readonly canExplain: boolean;
  readonly records: number;
  /** Whether the service has an address that only some services have. */
  has(path: string): boolean;
}

type Node = { readonly [key: string]: Json | undefined };

const reference = (name: string): Node => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Node): Node => ({ 'application/json': { schema } });

/** Answers that say what is wrong, by status. */
function problems(codes: readonly ProblemCode[]): Node {
  const all: readonly ProblemCode[] = [...codes, 'HOST_NOT_ALLOWED', 'ORIGIN_NOT_ALLOWED', 'HEADERS_TOO_LARGE'];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of all) {
    const { status } = problemTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map((code) => `${code}: ${problemTable[code].detail}`).join(' '),
        content: { 'application/problem+json': { schema: reference('Problem') } },
      },
    ]),
  );
}

const keyProblems: readonly ProblemCode[] = ['KEY_MISSING', 'KEY_INVALID', 'SCOPE_MISSING'];
const bodyProblems: readonly ProblemCode[] = [
  'JSON_INVALID',
  'JSON_TOO_DEEP',
  'REQUEST_TIMEOUT',
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'BUSY',
  'PREDICT_FAILED',
  'NOT_READY',
];

const labelSchemas: Node = {
  LabelChange: {
    type: 'object',
    properties: {
      label: { type: 'string', enum: [...modelLabels], default: 'stable' },
      version: { type: 'string', description: 'A hash of the store, or its first six digits or more.' },
      share: { type: 'number', exclusiveMinimum: 0, maximum: 1, description: 'Of a canary.' },
    },
    additionalProperties: false,
  },
  Labels: {
    type: 'object',
    properties: {
      labels: { type: 'object' },
      versions: { type: 'array', items: { type: 'string' } },
    },
    required: ['labels', 'versions'],
  },
};

/** An OpenAPI 3.1 document of the service of a model. */
export function openApi(facts: OpenApiFacts): Node {
  const { signature, name, version, hasKeys, canExplain, records, has } = facts;
  const strip = ({ $schema: _dialect, ...schema }: JsonSchema): Node => schema;
  const closed = hasKeys ? keyProblems : [];
  const tensors = { type: 'array', items: reference('Tensor'), minItems: 1 };
  const operation = (
    operationId: string,
    summary: string,
    ok: Node,
    codes: readonly ProblemCode[],
    more: Node = {},
  ): Node => ({
    operationId,
    summary,
    responses: { '200': { description: 'OK', content: ok }, ...problems([...closed, ...codes]) },
    ...more,
  });
  const open = (operationId: string, summary: string, codes: readonly ProblemCode[]): Node => ({
    ...operation(operationId, summary, json({ type: 'object' }), codes),
    security: [],
  });
  const examples = exampleRecords(signature, 2);
  const text = { schema: { type: 'string' } };
  const infer = operation(
    'infer',
    'Predict tensors (Open Inference Protocol, version 2).',
    json(reference('InferAnswer')),
    ['TENSOR_INVALID', 'NOT_FOUND', ...bodyProblems],
    { requestBody: { required: true, content: json(reference('InferRequest')) } },
  );
  const versionParameter = {
    name: 'version',
    in: 'path',
    required: true,
    schema: { type: 'string' },
    example: version,
  };
  /** Addresses of the model, and the same of one of its versions. */
  const modelPaths = (path: string, suffix: string, more: Node = {}): Node => ({
    [path]: {
      get: operation(`model${suffix}`, 'Tensors of the model.', json({ type: 'object' }), ['NOT_FOUND'], more),
    },
    [`${path}/ready`]: {
      get: { ...open(`modelReady${suffix}`, 'Whether the model predicts.', ['NOT_READY', 'NOT_FOUND']), ...more },
    },
    [`${path}/infer`]: { post: { ...infer, operationId: `infer${suffix}`, ...more } },
  });
  const change = (operationId: string, summary: string, required: readonly string[]): Node => ({
    post: operation(
      operationId,
      summary,
      json(reference('Labels')),
      ['LABEL_INVALID', 'LABEL_FAILED', ...bodyProblems],
      {
        requestBody: { required: true, content: json({ ...reference('LabelChange'), required }) },
      },
    ),
  });
  return {
    openapi: '3.1.0',
    info: {
      title: `Predict ${signature.target}`,
      version,
      description: `A ${signature.output.kind} model behind two doors: records by column name, and tensors.`,
    },
    servers: [{ url: '.' }],
    ...(hasKeys ? { security: [{ key: [] }] } : {}),
    paths: {
      '/v1/predict': {
        post: operation(
          'predict',
          'Predict one record, an array of records, or a stream of lines.',
          {
            'application/json': { schema: reference('Predictions') },
            'application/x-ndjson': text,
            'text/csv': text,
          },
          ['RECORD_INVALID', 'TOO_MANY_RECORDS', 'NOT_ACCEPTABLE', 'EXPLAIN_UNSUPPORTED', ...bodyProblems],
          {
            ...(canExplain
              ? {
                  parameters: [
                    {
                      name: 'explain',
                      in: 'query',
                      description: '1 adds what each column contributed.',
                      schema: { type: 'string', enum: ['0', '1'] },
                    },
                  ],
                }
              : {}),
            requestBody: {
              required: true,
              content: {
                'application/json': {
                  schema: {
                    oneOf: [reference('Record'), { type: 'array', items: reference('Record'), maxItems: records }],
                  },
                  examples: { one: { value: examples[0] as Json }, several: { value: examples as unknown as Json } },
                },
                'application/x-ndjson': text,
                'text/csv': text,
              },
            },
          },
        ),
      },
      '/v1/outcomes': {
        post: operation(
          'outcomes',
          'Tell what turned out true, by the id of a request and the position of its record.',
          json({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } }),
          ['OUTCOME_INVALID', 'TOO_MANY_RECORDS', ...bodyProblems],
          {
            requestBody: {
              required: true,
              content: json({
                oneOf: [reference('Outcome'), { type: 'array', items: reference('Outcome'), maxItems: records }],
              }),
            },
          },
        ),
      },
      '/v1/scores': { get: operation('scores', 'Scores on outcomes, by version.', json({ type: 'object' }), []) },
      '/v1/signature': {
        get: operation('signature', 'JSON Schema of a record and of an answer.', json({ type: 'object' }), []),
      },
      '/openapi.json': { get: operation('openapi', 'This document.', json({ type: 'object' }), []) },
      '/client.ts': { get: operation('clientTs', 'A typed client in TypeScript.', { 'text/plain': text }, []) },
      '/client.py': { get: operation('clientPy', 'A client in Python.', { 'text/plain': text }, []) },
      '/livez': { get: open('live', 'Whether the process answers.', []) },
      '/readyz': { get: open('ready', 'Whether predictions are answered.', ['NOT_READY']) },
      '/metrics': { get: operation('metrics', 'Metrics for Prometheus.', { 'text/plain': text }, []) },
      '/v2': { get: operation('server', 'What the server is.', json({ type: 'object' }), []) },
      '/v2/health/live': { get: open('v2Live', 'Whether the process answers.', []) },
      '/v2/health/ready': { get: open('v2Ready', 'Whether predictions are answered.', ['NOT_READY']) },
      ...modelPaths(`/v2/models/${name}`, ''),
      ...modelPaths(`/v2/models/${name}/versions/{version}`, 'Version', { parameters: [versionParameter] }),
      '/': { get: { ...operation('page', 'A page to try the model.', { 'text/html': text }, []), security: [] } },
      ...(has('/v1/drift')
        ? {
            '/v1/drift': {
              get: operation(
                'drift',
                'How what comes in differs from training, by version.',
                json({
                  type: 'object',
                  properties: { versions: { type: 'array', items: { type: 'object' } } },
                  required: ['versions'],
                }),
                [],
              ),
            },
          }
        : {}),
      ...(has('/v1/labels')
        ? {
            '/v1/labels': {
              get: operation('labels', 'Which version answers, and which there are.', json(reference('Labels')), []),
            },
            '/v1/labels/promote': change('promote', 'Give a label to a version of the store.', ['version']),
            '/v1/labels/rollback': change('rollback', 'Take a label back.', []),
          }
        : {}),
    },
    components: {
      ...(hasKeys ? { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } } : {}),
      schemas: {
        Record: strip(jsonSchemaOfRecord(signature)),
        Prediction: strip(jsonSchemaOfAnswer(signature)),
        Predictions: {
          type: 'object',
          properties: {
            predictions: { type: 'array', items: reference('Prediction') },
            model: { type: 'string', description: 'SHA-256 of the model that answered.' },
          },
          required: ['predictions', 'model'],
          additionalProperties: false,
        },
        Outcome: {
          type: 'object',
          properties: {
            requestId: { type: 'string' },
            record: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
            truth: { type: ['string', 'number'], maxLength: 1000 },
          },
          required: ['requestId', 'truth'],
        },
        ...(has('/v1/labels') ? labelSchemas : {}),
        Tensor: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
            datatype: { type: 'string', enum: ['BOOL', 'UINT8', 'INT32', 'INT64', 'FP32', 'FP64', 'BYTES'] },
            parameters: { type: 'object' },
            data: { type: 'array', items: {} as Node },
          },
          required: ['name', 'shape', 'datatype', 'data'],
        },
        InferRequest: {
          type: 'object',
          properties: {
            id: { type: 'string', maxLength: 256 },
            parameters: { type: 'object' },
            inputs: tensors,
            outputs: {
              type: 'array',
              items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
            },
          },
          required: ['inputs'],
        },
        InferAnswer: {
          type: 'object',
          properties: {
            model_name: { type: 'string' },
            model_version: { type: 'string' },
            id: { type: 'string' },
            outputs: tensors,
          },
          required: ['model_name', 'model_version', 'outputs'],
        },
        Problem: {
          type: 'object',
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            code: { type: 'string', enum: Object.keys(problemTable) },
            limit: { type: 'number' },
            requestId: { type: 'string' },
            error: { type: 'string' },
            problems: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  record: { type: 'integer' },
                  column: { type: 'string' },
                  tensor: { type: 'string' },
                  problem: { type: 'string' },
                },
                required: ['problem'],
              },
            },
          },
          required: ['type', 'title', 'status', 'detail', 'code', 'error'],
        },
      },
    },
  };
}
