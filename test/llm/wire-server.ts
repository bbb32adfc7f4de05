import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server got. */
export interface WireCall {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a server answers one call. */
export type WireAnswer = (response: ServerResponse, call: WireCall) => unknown;

/** A local server that speaks a provider's protocol: answers in order, the last one again and again. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly WireCall[];
}

export async function wireServer(answers: readonly WireAnswer[]): Promise<WireServer> {
  const calls: WireCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const call = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text || '{}') };
      calls.push(call);
      response.on('error', () => undefined); // the client went away: some tests want that
      void Promise.resolve(answers[Math.min(calls.length, answers.length) - 1]!(response, call));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A whole JSON body. */
export const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): WireAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

/** A stream of server-sent events as bytes. */
export const sse = (events: readonly { readonly name?: string; readonly data: unknown }[]): Buffer =>
  Buffer.from(
    events
      .map(
        ({ name, data }) =>
          `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
      )
      .join(''),
  );

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };

/** Bytes of a stream, written in pieces that end at these places. */
export const stream =
  (bytes: Buffer, cuts: readonly number[] = []): WireAnswer =>
  async (response) => {
    response.writeHead(200, eventStream);
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      response.write(bytes.subarray(from, to));
      from = to;
      await new Promise((resolve) => setTimeout(resolve, 5)); // a packet of its own
    }
    response.end();
  };

/** The first part of a stream, and then nothing, or the end of the connection. */
export const broken =
  (bytes: Buffer, how: 'stall' | 'cut' | 'end'): WireAnswer =>
  async (response) => {
    response.writeHead(200, eventStream);
    response.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (how === 'cut') response.socket?.destroy();
    if (how === 'end') response.end();
  };

/** A server that takes the call and says nothing. */
export const silent: WireAnswer = () => undefined;
