import { execFileSync } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import {
  createApiKey,
  createService,
  type Deployment,
  type ServableModel,
  type ServiceOptions,
} from 'traineragent/serve';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sampleFile, sampleRecord } from './sample-service.ts';

let model: ServableModel;
beforeAll(async () => {
  model = await sampleFile();
});
let server: Deployment | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
const start = async (
  options: ServiceOptions = {},
  where: Parameters<Awaited<ReturnType<typeof createService>>['listen']>[0] = {},
) => {
  const service = await createService(model, { workers: 1, ...options });
  try {
    server = await service.listen(where);
    return server;
  } catch (error) {
    await service.close();
    throw error;
  }
};
const predict = (url: string, body: unknown = sampleRecord, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/predict`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

/** Writes bytes to the port, and reads until the other side ends or has said enough. */
function raw(port: number, text: string, until = /\r\n\r\n/): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (until.test(answer)) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)));
    socket.on('close', () => resolve(answer));
  });
}

const workerPids = (): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('predict-child'))
    .map((line) => Number.parseInt(line, 10));

describe('a server of its own', () => {
  it('answers predictions, and says who may see them', async () => {
    const { url } = await start();
    const response = await predict(url);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect((await predict(url, sampleRecord, { 'x-request-id': 'mine-1' })).headers.get('x-request-id')).toBe('mine-1');
  });

  it.each(['0.0.0.0', '::'])('does not listen on %s without keys', async (host) => {
    await expect(start({}, { host })).rejects.toMatchObject({ code: 'SERVE_FAILED', message: /Expected keys/ });
  });

  it('listens there with keys, or where it was said to be insecure', async () => {
    const { key, stored } = createApiKey('shop', ['predict']);
    const { port } = await start({ keys: [stored] }, { host: '0.0.0.0' });
    expect((await predict(`http://127.0.0.1:${port}`)).status).toBe(401);
    expect((await predict(`http://127.0.0.1:${port}`, sampleRecord, { authorization: `Bearer ${key}` })).status).toBe(
      200,
    );
    await server!.close();
    const open = await start({}, { host: '0.0.0.0', insecure: true });
    expect((await predict(`http://127.0.0.1:${open.port}`)).status).toBe(200);
  });

  it('says that a port is in use', async () => {
    const { port } = await start();
    const other = await createService(model, { workers: 1 });
    await expect(other.listen({ port })).rejects.toMatchObject({ code: 'SERVE_FAILED', message: /in use/ });
    await other.close();
  });

  it.each([
    ['localhost', 200],
    ['[::1]:8080', 200],
    ['evil.example', 403],
  ])('answers Host "%s" with %i', async (host, status) => {
    const { port } = await start();
    const got = await new Promise((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path: '/livez', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(got).toBe(status);
  });
});

describe('hostile requests', () => {
  // One service for all: each must find it as it was before.
  let shared: Deployment;
  beforeAll(async () => {
    shared = await (await createService(model, { workers: 1 })).listen();
  });
  afterAll(() => shared.close());
  it.each<[string, string, RegExp]>([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400/],
    [
      'a full address of elsewhere',
      'GET http://evil.example/livez HTTP/1.1\r\nhost: localhost\r\n\r\n',
      /^HTTP\/1\.1 404/,
    ],
    ['a path with two slashes', 'GET //evil.example/livez HTTP/1.1\r\nhost: localhost\r\n\r\n', /^HTTP\/1\.1 404/],
    [
      'two lengths',
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 4\r\n\r\n{}',
      /^HTTP\/1\.1 400/,
    ],
    [
      'a length and chunks',
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400/,
    ],
    [
      'a header of 20 kB',
      `GET /livez HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431/,
    ],
    ['10,000 headers', `GET /livez HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(10_000)}\r\n`, /^HTTP\/1\.1 431/],
    ['a method that is none', 'TRACE /livez HTTP/1.1\r\nhost: localhost\r\n\r\n', /^HTTP\/1\.1 40[45]/],
  ])('%s', async (_, text, status) => {
    const { port, url } = shared;
    expect(await raw(port, text)).toMatch(status);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('bodies in chunks are held to the limit, and the connection ends', async () => {
    const { port } = await start({ limits: { bodyBytes: 10_000 } });
    const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;
    const head =
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await raw(port, head + chunk.repeat(11))).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
    // Small ones count for what they cost, after what comes with the headers.
    expect(await raw(port, head + '1\r\nx\r\n'.repeat(30_000))).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
    const some = [...'{"x":1}'].map((sign) => `1\r\n${sign}\r\n`).join('');
    expect(await raw(port, `${head}${some}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 [\s\S]*RECORD_INVALID/);
  });

  it('headers and bodies that do not come end with 408', async () => {
    const { port } = await start({ limits: { headersMs: 150, bodyMs: 100 } });
    const head =
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{';
    const [headers, body] = await Promise.all([raw(port, 'GET /livez HTTP/1.1\r\nhost: lo'), raw(port, head)]);
    expect(headers).toMatch(/^HTTP\/1\.1 408/);
    expect(body).toMatch(/^HTTP\/1\.1 408/);
  });
});

describe('overload', () => {
  it('is answered with 429 and when to come again, and what was accepted is answered', async () => {
    const { url } = await start({ batch: { queuedRows: 4, batchRows: 1 }, limits: { concurrent: 200 } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => predict(url)));
    const busy = answers.filter(({ status }) => status === 429);
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
    expect(busy.length).toBeGreaterThan(10);
    expect(busy[0]!.headers.get('retry-after')).toBe('1');
    expect(await busy[0]!.json()).toMatchObject({ code: 'BUSY' });
    expect((await predict(url)).status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/traineragent_rejected_total\{reason="queue"\} [1-9]/);
    expect(metrics).toMatch(/traineragent_requests_total\{route="unknown",status="429"\} [1-9]/);
  });
});

describe('workers', () => {
  it('that crash take one batch with them, and are up again soon', async () => {
    const before = new Set(workerPids());
    const { url } = await start();
    const [pid] = workerPids().filter((id) => !before.has(id));
    const results: number[] = [];
    let isKilled = false;
    const asking = (async () => {
      for (let i = 0; i < 400; i++) {
        if (i === 50) {
          process.kill(pid!, 'SIGSEGV');
          isKilled = true;
        }
        results.push((await predict(url)).status);
        if (isKilled && results.at(-1) === 200 && results.filter((status) => status === 200).length > 80) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await asking;
    expect(results.filter((status) => status === 500).length).toBeLessThanOrEqual(1);
    expect(results.every((status) => [200, 500, 503].includes(status))).toBe(true);
    expect(results.at(-1)).toBe(200);
  });

  it('that are gone while nobody asks are started again', async () => {
    const before = new Set(workerPids());
    const { url } = await start();
    const [pid] = workerPids().filter((id) => !before.has(id));
    process.kill(pid!, 'SIGKILL');
    // In this order: until its end is noticed, `/readyz` tells of the process that is gone.
    await expect
      .poll(() => workerPids().some((id) => id !== pid && !before.has(id)), { timeout: 20_000, interval: 20 })
      .toBe(true);
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000, interval: 20 }).toBe(200);
    expect((await predict(url)).status).toBe(200);
  });
});

describe('the end', () => {
  it('comes when what was accepted is answered', async () => {
    const { url, port, close } = await start();
    const asked = Array.from({ length: 50 }, () => predict(url));
    await asked[0];
    const closed = close();
    expect(close()).toBeInstanceOf(Promise);
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await closed;
    await expect(raw(port, 'GET /livez HTTP/1.1\r\n\r\n')).rejects.toThrow();
  });
});

describe('mounting', () => {
  it('works below a path of a Fastify server, with hooks of the host around it', async () => {
    await using service = await createService(model, { workers: 1 });
    const app = fastify();
    const seen: string[] = [];
    app.addHook('onRequest', async (request) => {
      seen.push(request.url);
    });
    app.get('/own', async () => 'own');
    await app.register(service.fastify, { prefix: '/churn' });
    const response = await app.inject({ method: 'POST', url: '/churn/v1/predict', payload: sampleRecord });
    expect(response.json()).toMatchObject({ predictions: [{ prediction: expect.any(String) }] });
    expect((await app.inject('/own')).body).toBe('own');
    expect((await app.inject('/churn')).headers['content-type']).toBe('text/html; charset=utf-8');
    expect((await app.inject('/churn/livez?x=1')).statusCode).toBe(200);
    expect(seen).toContain('/churn/v1/predict');
    await app.close();
  });

  it('works in whatever speaks Fetch, below a path', async () => {
    await using service = await createService(model, { workers: 1 });
    const handler = service.mount('/churn/');
    expect((await handler(new Request('http://any.example/churn/livez'))).status).toBe(200);
    expect((await handler(new Request('http://any.example/churnlivez'))).status).toBe(404);
    const app = express();
    app.use(async (request, response) => {
      const answer = await handler(new Request(`http://any.example${request.originalUrl}`, { method: request.method }));
      response
        .status(answer.status)
        .set(Object.fromEntries(answer.headers))
        .send(await answer.text());
    });
    const listening = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    const { port } = listening.address() as { port: number };
    expect((await fetch(`http://127.0.0.1:${port}/churn/readyz`)).status).toBe(200);
    listening.close();
  });
});
