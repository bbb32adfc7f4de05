import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../../src/tools/serve/create-handler.ts';
import { type Deployment, serve } from '../../../src/tools/serve/serve.ts';
import { fakeModel } from './fake-model.ts';

let server: Deployment | undefined;
afterEach(() => server?.close());

const predict = (url: string, body = '{}'): Promise<Response> =>
  fetch(`${url}/v1/predict`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });

function withHost(port: number, host: string, path = '/livez'): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('serve', () => {
  it('answers a prediction over HTTP', async () => {
    server = await serve(createHandler({ model: fakeModel() }));
    const response = await predict(server.url);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject({ predictions: [{ prediction: 'Adelie' }] });
  });

  it.each(['0.0.0.0', '::', '192.168.0.1', 'example.com'])('refuses to listen on %s', async (host) => {
    await expect(serve(createHandler({ model: fakeModel() }), { host })).rejects.toMatchObject({
      code: 'SERVE_FAILED',
    });
  });

  it('says that a port is in use', async () => {
    server = await serve(createHandler({ model: fakeModel() }));
    await expect(serve(createHandler({ model: fakeModel() }), { port: server.port })).rejects.toMatchObject({
      code: 'SERVE_FAILED',
      message: expect.stringContaining('in use'),
    });
  });

  it.each([
    ['localhost', 200],
    ['127.0.0.1:80', 200],
    ['[::1]:8080', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost@evil.example', 403],
  ])('answers Host "%s" with %i', async (host, status) => {
    server = await serve(createHandler({ model: fakeModel() }));
    expect(await withHost(server.port, host)).toBe(status);
  });

  it.each(['//evil.example/livez', 'http://evil.example/livez'])(
    'does not take the address %s for a path of its own',
    async (path) => {
      server = await serve(createHandler({ model: fakeModel() }));
      expect(await withHost(server.port, 'localhost', path)).toBe(404);
    },
  );

  it('refuses a large body over HTTP and closes the connection', async () => {
    server = await serve(createHandler({ model: fakeModel(), limits: { bodyBytes: 100 } }));
    const response = await predict(server.url, JSON.stringify('x'.repeat(200)));
    expect(response.status).toBe(413);
  });

  it('lets a request under way finish, then closes; close is one end however often it is called', async () => {
    let release: () => void = () => undefined;
    let started: () => void = () => undefined;
    const isStarted = new Promise<void>((resolve) => (started = resolve));
    const model = fakeModel((records) => {
      started();
      return new Promise((resolve) => (release = () => resolve(records.map(() => ({ prediction: 'late' })))));
    });
    const running = await serve(createHandler({ model }));
    const answer = predict(running.url);
    await isStarted;
    const closed = running.close();
    expect(running.close()).toBe(closed);
    await expect(
      new Promise((resolve, reject) => connect(running.port, '127.0.0.1').on('connect', resolve).on('error', reject)),
    ).rejects.toThrow();
    release();
    expect(await (await answer).json()).toMatchObject({ predictions: [{ prediction: 'late' }] });
    await closed;
  });

  it('cuts requests that do not end within the grace', async () => {
    let started: () => void = () => undefined;
    const isStarted = new Promise<void>((resolve) => (started = resolve));
    const model = fakeModel(() => {
      started();
      return new Promise(() => undefined);
    });
    const running = await serve(createHandler({ model }), { graceMs: 20 });
    const answer = predict(running.url);
    await isStarted;
    await Promise.all([expect(answer).rejects.toThrow(), running.close()]);
  });
});
