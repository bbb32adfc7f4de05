import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createService, type RequestLog, type ServableModel } from 'traineragent/serve';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from './read-metrics.ts';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

let model: ServableModel;
beforeAll(async () => {
  model = await sampleFile();
});

describe('metrics', () => {
  it('count requests by route and status, rows of batches, and what is up; no value of a record is in them', async () => {
    await using service = await createService(model, { workers: 1 });
    for (let i = 0; i < 3; i++) await service.fetch(predictRequest([sampleRecord, { plan: 'SECRET' }]));
    await service.fetch(predictRequest({ SECRET: 1 }));
    await service.fetch(new Request('http://localhost/SECRET'));
    const { text, metric } = await readMetrics(service);
    expect(metric('traineragent_requests_total', { route: '/v1/predict', status: '200' })).toBe(3);
    expect(metric('traineragent_requests_total', { route: '/v1/predict', status: '400' })).toBe(1);
    expect(metric('traineragent_requests_total', { route: 'unknown', status: '404' })).toBe(1);
    expect(metric('traineragent_request_seconds_count', { route: '/v1/predict' })).toBe(4);
    expect(metric('traineragent_batch_rows_sum')).toBe(6);
    expect(metric('traineragent_batch_rows_count')).toBe(3);
    expect(metric('traineragent_failed_batches_total')).toBe(0);
    expect(metric('traineragent_workers_up')).toBe(1);
    expect(metric('traineragent_queue_rows')).toBe(0);
    // The request for the metrics itself.
    expect(metric('traineragent_requests_in_flight')).toBe(1);
    expect(metric('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(text).not.toMatch(/SECRET|basic|tenure/);
  });

  it('name what was full when a request is refused', async () => {
    await using service = await createService(model, { workers: 1, limits: { concurrent: 2 } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.fetch(predictRequest(sampleRecord))));
    const busy = answers.filter(({ status }) => status === 429).length;
    expect(busy).toBeGreaterThan(0);
    const { metric } = await readMetrics(service);
    expect(metric('traineragent_rejected_total', { reason: 'concurrency' })).toBe(busy);
  });

  it('of two services do not run together', async () => {
    await using first = await createService(model, { workers: 1 });
    await using second = await createService(model, { workers: 1 });
    await first.fetch(predictRequest(sampleRecord));
    const { metric } = await readMetrics(second);
    expect(metric('traineragent_requests_total', { route: '/v1/predict', status: '200' })).toBeUndefined();
  });
});

describe('spans', () => {
  const exporter = new InMemorySpanExporter();
  afterEach(() => {
    exporter.reset();
    trace.disable();
    propagation.disable();
    context.disable();
  });

  it('are those of the host’s provider, go on from the request’s trace, and hold no value', async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    propagation.setGlobalPropagator({
      inject: () => undefined,
      fields: () => ['traceparent'],
      extract(active, carrier, getter) {
        const [, traceId, spanId] = String(getter.get(carrier, 'traceparent')).split('-');
        return traceId === undefined || spanId === undefined
          ? active
          : trace.setSpanContext(active, { traceId, spanId, traceFlags: 1, isRemote: true });
      },
    });
    await using service = await createService(model, { workers: 1, tracing: true });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-request-id': 'call-1' };
    await service.fetch(predictRequest({ ...sampleRecord, plan: 'SECRET' }, headers));
    await service.fetch(predictRequest({ SECRET: 1 }));
    await service.fetch(new Request('http://localhost/livez'));
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      [
        'POST /v1/predict',
        {
          'http.request.method': 'POST',
          'http.route': '/v1/predict',
          'traineragent.request.id': 'call-1',
          'http.response.status_code': 200,
        },
      ],
      ['POST /v1/predict', expect.objectContaining({ 'http.response.status_code': 400 })],
    ]);
    expect(spans[0]!.spanContext().traceId).toBe(traceId);
    expect(spans[0]!.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(spans[1]!.spanContext().traceId).not.toBe(traceId);
    // What the client did wrong is no error of the service.
    expect(spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
    expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toMatch(/SECRET|basic/);
  });

  it('of a prediction that failed say that it is an error', async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    const explain = async () => {
      throw new Error('no');
    };
    await using service = await createService({ ...model, explain }, { workers: 1, tracing: true });
    await service.fetch(predictRequest(sampleRecord, {}, '/v1/predict?explain=1'));
    expect(exporter.getFinishedSpans()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'http.response.status_code': 500 },
    });
  });
});

it('logs have a line for each request: id, route, status, rows and model, and no value', async () => {
  const lines: RequestLog[] = [];
  await using service = await createService(model, { workers: 1, log: (entry) => lines.push(entry) });
  await service.fetch(predictRequest([sampleRecord, { plan: 'SECRET' }], { 'x-request-id': 'call-1' }));
  await service.fetch(predictRequest({ SECRET: 1 }, { 'x-request-id': 'SECRET with spaces' }));
  expect(lines).toEqual([
    {
      requestId: 'call-1',
      method: 'POST',
      route: '/v1/predict',
      status: 200,
      ms: expect.any(Number),
      rows: 2,
      model: model.hash,
    },
    expect.objectContaining({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 400,
      code: 'RECORD_INVALID',
    }),
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/SECRET|basic/);
});
