import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createService, type Deployment } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleFile, sampleRecord } from './sample-service.ts';

/** One server for all cases: each has to leave it as it was. */
let deployment: Deployment;
beforeAll(async () => {
  const service = await createService(await sampleFile(), { workers: 1, limits: { bodyBytes: 20_000, bodyMs: 300 } });
  deployment = await service.listen();
});
afterAll(() => deployment.close());

const good = JSON.stringify(sampleRecord);
const post = (body: string | Buffer, headers: readonly string[] = []): Buffer =>
  Buffer.concat([
    Buffer.from(
      [
        'POST /v1/predict HTTP/1.1',
        'host: localhost',
        'content-type: application/json',
        `content-length: ${body.length}`,
        ...headers,
        '',
        '',
      ].join('\r\n'),
    ),
    Buffer.from(body),
  ]);

/** Sends parts, each in a packet of its own, until so many answers came or the server closed. */
async function talk(parts: readonly Buffer[], answers = 1, after?: (socket: Socket) => void): Promise<string[]> {
  const socket = connect({ port: deployment.port, host: '127.0.0.1', noDelay: true });
  return new Promise((resolve) => {
    let text = '';
    const heads = (): string[] => text.split(/(?=HTTP\/1\.1 \d{3} )/).filter(Boolean);
    const patience = setTimeout(() => end(), 5_000);
    const end = (): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve(heads());
    };
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const got = heads();
      const last = got.at(-1)!;
      const body = last.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(last)?.[1] ?? 0);
      if (got.length >= answers && body >= 0 && Buffer.byteLength(last.slice(body + 4)) >= length) end();
    });
    socket.on('error', end);
    socket.on('close', end);
    let at = 0;
    const next = (): void => {
      if (at < parts.length) socket.write(parts[at++]!, () => setImmediate(next));
      else after?.(socket);
    };
    next();
  });
}
const codeOf = (answer: string | undefined): string | undefined => /"code":"(\w+)"/.exec(answer ?? '')?.[1];
const statusOf = (answer: string | undefined): number => Number(answer?.slice(9, 12));

describe('one connection', () => {
  it('goes on after a body that was refused', async () => {
    const answers: string[] = [];
    for (const body of ['{', '[[[[[[[[[[1]]]]]]]]]]', '{"nobody":1}', good])
      answers.push(...(await talk([post(body), post(good)], 2)));
    expect(answers.map(statusOf)).toEqual([400, 200, 400, 200, 400, 200, 200, 200]);
    expect(answers.some((answer) => /connection: close/i.test(answer))).toBe(false);
  });

  it('may have a body in many packets', async () => {
    const message = post(good);
    const parts = Array.from({ length: message.length / 7 + 1 }, (_, i) => message.subarray(7 * i, 7 * i + 7));
    expect((await talk(parts)).map(statusOf)).toEqual([200]);
  });

  it('may have requests that do not wait for answers, which come in order', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `id-${i}`);
    const answers = await talk([Buffer.concat(ids.map((id) => post(good, [`x-request-id: ${id}`])))], ids.length);
    expect(answers.map((answer) => /x-request-id: (\S+)/i.exec(answer)?.[1])).toEqual(ids);
    expect(new Set(answers.map(statusOf))).toEqual(new Set([200]));
  });

  it('that ends in the middle of a body, or before its answer, harms nobody', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        talk([i % 2 === 0 ? post(good).subarray(0, -5) : post(good)], 1, (socket) => socket.destroy()),
      ),
    );
    expect((await talk([post(good)])).map(statusOf)).toEqual([200]);
  });
});

describe('a body', () => {
  it.each<[string, Buffer, number, string | undefined]>([
    [
      'of gzip that would be a gigabyte',
      post(gzipSync(Buffer.alloc(1_000_000)), ['content-encoding: gzip']),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['of 100,000 brackets', post('['.repeat(10_000) + ']'.repeat(10_000)), 400, 'JSON_TOO_DEEP'],
    ['over the limit', post(`"${'x'.repeat(20_000)}"`), 413, 'BODY_TOO_LARGE'],
    [
      'that claims two gigabytes',
      Buffer.from(String(post('{}')).replace('length: 2', 'length: 2147483648')),
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'with a length below zero',
      Buffer.from(String(post('{}')).replace('length: 2', 'length: -2')),
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'with a length that is no number',
      Buffer.from(String(post('{}')).replace('length: 2', 'length: 0x2')),
      400,
      'REQUEST_MALFORMED',
    ],
    ['that does not come', Buffer.from(String(post('{}')).replace('length: 2', 'length: 90')), 408, 'REQUEST_TIMEOUT'],
    ['of __proto__', post('{"__proto__":{"usage":1}}'), 400, 'RECORD_INVALID'],
    ['of a constructor', post('{"constructor":{"prototype":{"usage":1}}}'), 400, 'RECORD_INVALID'],
    ['with a name twice', post('{"usage":1,"usage":2}'), 200, undefined],
    ['that is no UTF-8', post(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 400, 'JSON_INVALID'],
    ['with a byte order mark', post(`\ufeff${good}`), 400, 'JSON_INVALID'],
    ['of numbers that are too large', post('{"usage":1e999}'), 400, 'RECORD_INVALID'],
    ['of nothing', post(''), 400, 'JSON_INVALID'],
    ['of half a surrogate', post('{"plan":"\\ud800"}'), 200, undefined],
    ['of an object for a value', post('{"usage":{"toString":1}}'), 400, 'RECORD_INVALID'],
    ['of a NUL in a text', post('{"plan":"a\\u0000b"}'), 200, undefined],
  ])('%s', async (_, message, status, code) => {
    const [answer] = await talk([message]);
    expect([statusOf(answer), codeOf(answer)]).toEqual([status, code]);
    // Nothing of it is left: the next one is answered as ever.
    expect((await talk([post(good)])).map(statusOf)).toEqual([200]);
    expect(({} as Record<string, unknown>).usage).toBeUndefined();
  });
});

describe('headers', () => {
  it.each<[string, string, number | 'closed']>([
    ['that fold', 'GET /livez HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b\r\n\r\n', 400],
    ['with a space before the colon', 'GET /livez HTTP/1.1\r\nhost : localhost\r\n\r\n', 400],
    ['with a NUL', 'GET /livez HTTP/1.1\r\nhost: localhost\r\nx: \0\r\n\r\n', 400],
    ['with a bare CR', 'GET /livez HTTP/1.1\r\nhost: localhost\r\nx: a\rb\r\n\r\n', 400],
    [
      'of chunks twice',
      `${'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\n'}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'of chunks that are none',
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    ['without a host', 'GET /livez HTTP/1.1\r\n\r\n', 403],
    ['of two hosts', 'GET /livez HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n', 400],
    ['of HTTP/3.7', 'GET /livez HTTP/3.7\r\nhost: localhost\r\n\r\n', 400],
    ['of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['of a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n', 'closed'],
    ['of an upgrade', 'GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', 200],
    [
      'of an expectation',
      'POST /v1/predict HTTP/1.1\r\nhost: localhost\r\nexpect: 200-maybe\r\ncontent-length: 0\r\n\r\n',
      417,
    ],
    ['with a path of half a percent sign', 'GET /%zz HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['with a path of 10,000 dots', `GET /${'../'.repeat(4_000)}etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n`, 404],
  ])('%s', async (_, message, status) => {
    const [answer] = await talk([Buffer.from(message)]);
    expect(answer === undefined ? 'closed' : statusOf(answer)).toBe(status);
    expect((await talk([post(good)])).map(statusOf)).toEqual([200]);
  });
});
