import { gzipSync } from 'node:zlib';
import type { ServeLimits } from '../tools/serve/serve-limits.ts';

/** A request that is not what nearly all are. */
export interface StrangeRequest {
  readonly bytes: Buffer;
  /** Whether the client goes before it was answered. */
  readonly isCut: boolean;
}

/** Bytes of the largest of them; limits beyond that are not tried out. */
const mostBytes = 2_000_000;

/**
 * What a service is asked beside plain predictions: other forms of them, mistakes, and what is meant to harm. Code that was compiled before
 * it has seen any of these is thrown away with the first, and for a tenth of a second everybody else waits for what is not compiled.
 *
 * @param record - a record as JSON
 * @param lines - header lines that each request has, each with its end
 * @param name - the model's, in paths
 */
export function strangeRequests(
  record: string,
  lines: string,
  limits: ServeLimits,
  name: string,
): readonly StrangeRequest[] {
  const { bodyBytes, headerBytes, jsonDepth } = limits;
  const host = 'host: 127.0.0.1\r\n';
  const json = 'content-type: application/json\r\n';
  const head = (rest: string, path = '/v1/predict', method = 'POST'): string =>
    `${method} ${path} HTTP/1.1\r\n${host}${lines}${rest}`;
  const post = (body: string | Buffer, rest = json, path = '/v1/predict'): Buffer =>
    Buffer.concat([
      Buffer.from(`${head(rest, path)}content-length: ${Buffer.byteLength(body)}\r\n\r\n`),
      Buffer.from(body),
    ]);
  const get = (path: string, rest = '', method = 'GET'): string => `${head(rest, path, method)}\r\n`;
  const chunked = `${head(json)}transfer-encoding: chunked\r\n\r\n`;
  const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const recordBytes = Buffer.byteLength(record);
  const half = record.length >> 1;
  const isLimited = bodyBytes < mostBytes;
  const whole: readonly (string | Buffer)[] = [
    post(`[${record},${record}]`),
    post(record, `${json}accept: text/csv\r\n`),
    post(record, 'content-type: application/json; charset=utf-8\r\n'),
    post(record, `${json}connection: close\r\n`),
    Buffer.concat([post(record), post(record)]),
    `${chunked}${chunk(record.slice(0, half))}${chunk(record.slice(half))}0\r\n\r\n`,
    post(''),
    post('{'),
    post('{"__proto__":{"no such column":1}}'),
    post(`[${`${record},`.repeat(limits.records)}${record}]`),
    post('['.repeat(jsonDepth + 1) + ']'.repeat(jsonDepth + 1)),
    // So many bytes come in several parts.
    post('['.repeat(Math.min(bodyBytes >> 1, 100_000))),
    post(record, 'content-type: text/plain\r\n'),
    post(gzipSync(Buffer.alloc(10_000)), `${json}content-encoding: gzip\r\n`),
    post(record, `${json}accept: image/png\r\n`),
    post(record, `${json}origin: https://other.example\r\n`),
    post(record).toString().replace(host, 'host: other.example\r\n'),
    post(record).toString().replace(lines, 'authorization: Bearer nobody\r\n'),
    post(record).toString().replace(lines, ''),
    post('{"inputs":[]}', json, `/v2/models/${name}/infer`),
    post(record)
      .toString()
      .replace(host, host + host),
    `${head(json)}content-length: 2147483648\r\n\r\n{`,
    // Whoever names the length first has headers of another shape.
    `${head('')}content-length: ${recordBytes}\r\n${json}\r\n${record}`,
    `${head('user-agent: x\r\naccept: */*\r\n')}content-length: ${recordBytes}\r\n${json}\r\n${record}`,
    `${head(json)}content-length: 2\r\ncontent-length: 4\r\n\r\n{}`,
    `${head(json)}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${chunked}no number\r\n`,
    get('/v1/predict'),
    get('/livez', '', 'HEAD'),
    get('/metrics'),
    get('//v1/predict'),
    get('/v1%2fpredict'),
    get('/x/..;/metrics'),
    // Names and values count, not what is between them.
    get('/livez', 'x: y\r\n'.repeat(headerBytes / 2)),
    'no HTTP\r\n\r\n',
    ...(isLimited
      ? [post('x'.repeat(bodyBytes + 65_536)), chunked + chunk('x'.repeat(1000)).repeat(bodyBytes / 1000 + 64)]
      : []),
  ];
  const cut: readonly string[] = [head('').slice(0, -10), `${head(json)}content-length: ${recordBytes}\r\n\r\n{`];
  return [
    ...whole.map((text) => ({ bytes: Buffer.from(text), isCut: false })),
    ...cut.map((text) => ({ bytes: Buffer.from(text), isCut: true })),
  ];
}
