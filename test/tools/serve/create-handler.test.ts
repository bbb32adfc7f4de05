import { describe, expect, it } from 'vitest';
import { TrainerError } from '../../../src/core/errors.ts';
import { createHandler } from '../../../src/tools/serve/create-handler.ts';
import { fakeModel } from './fake-model.ts';

const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Request => new Request('http://localhost/v1/predict', { method: 'POST', body, headers });
interface Body {
  readonly predictions: readonly unknown[];
  readonly error: { readonly problems: readonly unknown[] };
  readonly properties: Readonly<Record<string, unknown>>;
  readonly additionalProperties: boolean;
}
const json = async (response: Response): Promise<Body> => (await response.json()) as Body;
const secret = 'SECRET-4711';

describe('createHandler', () => {
  it('predicts one record', async () => {
    const model = fakeModel();
    const response = await createHandler({ model })(post('{"island":"Dream","bill length":41.5}'));
    expect(response.status).toBe(200);
    expect(await json(response)).toEqual({
      predictions: [{ prediction: 'Adelie', probabilities: { Adelie: 0.9, Gentoo: 0.1 } }],
      model: model.hash,
    });
    expect(model.calls).toEqual([[{ island: 'Dream', 'bill length': 41.5 }]]);
  });

  it('predicts an array of records in one call, null and absent being missing', async () => {
    const model = fakeModel();
    const response = await createHandler({ model })(
      post('[{"island":null},{},{"ringed":"yes","seen":"2008-01-01","year":2008}]'),
    );
    expect((await json(response)).predictions).toHaveLength(3);
    expect(model.calls).toHaveLength(1);
  });

  it('answers an empty array without asking the model', async () => {
    const model = fakeModel();
    expect(await json(await createHandler({ model })(post('[]')))).toEqual({ predictions: [], model: model.hash });
    expect(model.calls).toHaveLength(0);
  });

  it.each([
    ['an unknown path', new Request('http://localhost/v2/predict'), 404, 'NOT_FOUND'],
    ['a path of the prototype', new Request('http://localhost/__proto__'), 404, 'NOT_FOUND'],
    ['a wrong method', new Request('http://localhost/v1/predict'), 405, 'METHOD_NOT_ALLOWED'],
    ['a form', post(secret, { 'content-type': 'text/plain' }), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    [
      'another charset',
      post('{}', { 'content-type': 'application/json; charset=utf-16' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'a compressed body',
      post('{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['broken JSON', post(`{"${secret}`), 400, 'JSON_INVALID'],
    ['bytes that are not UTF-8', post(new Uint8Array([0x22, 0xff, 0x22])), 400, 'JSON_INVALID'],
    ['no body', post(''), 400, 'JSON_INVALID'],
    ['deep JSON', post(`${'['.repeat(5)}1${']'.repeat(5)}`), 400, 'JSON_TOO_DEEP'],
    ['very deep JSON', post('['.repeat(900_000)), 400, 'JSON_TOO_DEEP'],
    ['a large body', post(`"${secret}${'x'.repeat(1_000_001)}"`), 413, 'BODY_TOO_LARGE'],
    ['too many records', post(JSON.stringify(Array(1001).fill({}))), 413, 'TOO_MANY_RECORDS'],
    ['a number', post('4711'), 400, 'RECORD_INVALID'],
    ['an array for a number', post(`{"bill length":["${secret}"]}`), 400, 'RECORD_INVALID'],
    ['a nested value', post(`{"island":{"a":"${secret}"}}`), 400, 'RECORD_INVALID'],
    ['the reserved category', post('{"island":"\\u0000missing"}'), 400, 'RECORD_INVALID'],
    ['an unknown column', post(`{"${secret}":1}`), 400, 'RECORD_INVALID'],
  ])('refuses %s, without repeating it', async (_, request, status, code) => {
    const model = fakeModel();
    const response = await createHandler({ model })(request);
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      error: { code, message: expect.any(String), problems: expect.any(Array) },
    });
    expect(text).not.toMatch(/SECRET|4711/);
    expect(model.calls).toHaveLength(0);
  });

  it('stops reading a body of unknown length at the limit', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1000;
        controller.enqueue(new Uint8Array(1000).fill(0x20));
      },
    });
    const request = new Request('http://localhost/v1/predict', {
      method: 'POST',
      body: endless,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    const response = await createHandler({ model: fakeModel(), limits: { bodyBytes: 5000 } })(request);
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(10_000);
  });

  it('counts brackets in strings as text', async () => {
    expect((await createHandler({ model: fakeModel() })(post('{"island":"[[[[[[\\"[[[["}'))).status).toBe(200);
  });

  it('says which field of which record is wrong and what was expected', async () => {
    const { error } = await json(await createHandler({ model: fakeModel() })(post('[{},{"bill length":true}]')));
    expect(error.problems).toEqual([{ record: 1, column: 'bill length', problem: 'expected a number or null' }]);
  });

  it('names allowed methods', async () => {
    expect(
      (
        await createHandler({ model: fakeModel() })(new Request('http://localhost/livez', { method: 'DELETE' }))
      ).headers.get('allow'),
    ).toBe('GET, HEAD');
  });

  it('gives the problems of the model as 400, and anything else as 500 without its message', async () => {
    const problems = [{ record: 0, column: 'seen', problem: 'expected a date' }];
    const invalid = createHandler({
      model: fakeModel(() => Promise.reject(new TrainerError('RECORD_INVALID', 'x', { details: { problems } }))),
    });
    expect((await json(await invalid(post('{}')))).error.problems).toEqual(problems);
    const broken = await createHandler({ model: fakeModel(() => Promise.reject(new Error(secret))) })(post('{}'));
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain(secret);
  });

  it('answers BUSY above its limit of predictions under way', async () => {
    let release: () => void = () => undefined;
    const handler = createHandler({
      model: fakeModel(
        (records) => new Promise((resolve) => (release = () => resolve(records.map(() => ({ prediction: 1 }))))),
      ),
      limits: { concurrent: 1 },
    });
    const first = handler(post('{}'));
    const second = await handler(post('{}'));
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    await new Promise((resolve) => setImmediate(resolve));
    release();
    expect((await first).status).toBe(200);
  });

  it('is live and ready, and after drain live only', async () => {
    const handler = createHandler({ model: fakeModel() });
    const status = async (path: string): Promise<number> =>
      (await handler(new Request(`http://localhost${path}`))).status;
    expect([await status('/livez'), await status('/readyz')]).toEqual([200, 200]);
    handler.drain();
    expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);
  });

  it('describes a record as JSON Schema', async () => {
    const schema = await json(
      await createHandler({ model: fakeModel() })(new Request('http://localhost/v1/signature')),
    );
    expect(schema.properties['bill length']).toEqual({
      type: ['number', 'null'],
      description: 'Number in mm; 98 % of the values in training lay from 33 to 55.',
    });
    expect(schema.additionalProperties).toBe(false);
  });
});
