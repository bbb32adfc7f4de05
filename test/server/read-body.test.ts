import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { lingerAfter } from '../../src/server/linger.ts';
import { readBody } from '../../src/server/read-body.ts';

const limit = 1_000_000;
const head = 'POST / HTTP/1.1\r\nhost: localhost\r\n';
const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
const chunked = (bytes: number, count: number): string =>
  `${head}transfer-encoding: chunked\r\n\r\n${chunk(bytes).repeat(count)}0\r\n\r\n`;
const withLength = (bytes: number): string => `${head}content-length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;

let server: Server | undefined;
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

/** A server that answers with the length of a body, or 413; and the most bytes that it read of its sockets in a turn of the event loop. */
async function start(read = true) {
  const seen = { most: 0, total: 0, ended: 0 };
  server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = read ? await readBody(request, limit) : undefined;
    if (body === undefined) {
      response.setHeader('connection', 'close');
      lingerAfter(request, limit);
    }
    response.statusCode = body === undefined ? 413 : 200;
    response.end(`read ${body?.length}`);
  });
  server.on('connection', (socket: Socket) => {
    let before = 0;
    const look = (): void => {
      seen.most = Math.max(seen.most, socket.bytesRead - before);
      before = socket.bytesRead;
      seen.total = Math.max(seen.total, before);
      if (!socket.destroyed) setImmediate(look);
    };
    look();
    socket.once('close', () => seen.ended++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    /** What came back, and how the connection ended. */
    async send(text: string, until: 'answer' | 'end' = 'answer'): Promise<string> {
      const client = connect({ port, host: '127.0.0.1', noDelay: true });
      clients.push(client);
      let answer = '';
      client.on('error', () => undefined);
      client.on('data', (bytes) => {
        answer += bytes.toString();
      });
      const ended = once(client, 'end').then(
        () => ' and the end',
        ({ code }) => ` and ${code}`,
      );
      client.write(text);
      if (until === 'end') {
        const end = await ended;
        return answer.slice(9, 12) + end;
      }
      while (!/read (\d+|undefined)/.test(answer)) await once(client, 'data');
      return `${answer.slice(9, 12)} ${/read (\d+|undefined)/.exec(answer)?.[0]}`;
    },
  };
}

describe('a body', () => {
  it.each([
    ['of one packet', withLength(1000), 1000],
    ['of nothing', withLength(0), 0],
    ['of many packets', withLength(900_000), 900_000],
    ['as large as it may be', withLength(limit), limit],
    ['of large chunks', chunked(64_000, 14), 896_000],
    ['of chunks as many clients make them', chunked(16_384, 40), 655_360],
    ['of some small chunks', chunked(10, 500), 5000],
  ])('%s is what was sent', async (_, text, length) => {
    const { send } = await start();
    expect(await send(text)).toBe(`200 read ${length}`);
  });

  it('may have another request behind it', async () => {
    const { send, seen } = await start();
    // The rest of a connection's bytes is no part of how the first body's chunks are framed.
    expect(await send(chunked(60_000, 5) + withLength(200_000))).toBe('200 read 300000');
    while (seen.total < 500_000) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([
    ['with a length', withLength(limit)],
    ['in chunks', chunked(16_384, 50)],
    ['in small chunks, which is too much', chunked(1000, 3000)],
  ])('%s holds up nobody for longer than a part of it takes', async (_, text) => {
    const { send, seen } = await start();
    await send(text);
    expect(seen.most).toBeLessThanOrEqual(65_536);
  });

  it.each([
    ['a megabyte in chunks of a kilobyte', chunked(1000, 1100), 500_000],
    ['chunks of a byte', chunked(1, 100_000), 3 * 65_536],
    ['more than the limit in large chunks', chunked(60_000, 60), 17 * 65_536],
  ])('of %s is too much before all of it was read', async (_, text, most) => {
    const { send, seen } = await start();
    const answer = send(text);
    expect(await answer).toBe('413 read undefined');
    expect(seen.total).toBeLessThanOrEqual(most);
  });
});

describe('a client that is still sending when it is refused', () => {
  it.each([[true], [false]])('hears of it, where the body is read: %s', async (read) => {
    const { send, seen } = await start(read);
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(withLength(2 * limit - 100_000), 'end')));
    expect(new Set(answers)).toEqual(new Set(['413 and the end']));
    for (const client of clients) client.end();
    while (seen.ended < 20) await new Promise((resolve) => setImmediate(resolve));
    // The last part that HTTP reads and the first that is dropped may come in one.
    expect(seen.most).toBeLessThanOrEqual(2 * 65_536);
  });

  it('is cut where it does not stop', async () => {
    const { send, seen } = await start(false);
    void send(withLength(40 * limit));
    while (seen.ended < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(seen.total).toBeLessThan(limit + 4 * 65_536);
  });

  it('is cut where it says nothing more', async () => {
    const { send, seen } = await start(false);
    void send(`${head}content-length: 50\r\n\r\n`);
    while (seen.ended < 1) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
