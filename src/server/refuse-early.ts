import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { problemJson } from '../tools/serve/problems.ts';
import type { Door } from './door.ts';
import type { ServiceCore } from './service.ts';

const body = problemJson('BUSY');
const headers = [
  ...['content-type', 'application/problem+json', 'cache-control', 'no-store', 'retry-after', '1'],
  ...['content-length', String(Buffer.byteLength(body))],
];
const lines = headers.map((part, i) => (i % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('');
const wholeAnswer = `HTTP/1.1 429 Too Many Requests\r\n${lines}\r\n${body}`;
const lastAnswer = `HTTP/1.1 429 Too Many Requests\r\n${lines}connection: close\r\n\r\n${body}`;

/** A connection that was refused a request. */
interface Connection {
  /** Requests that were not answered yet. */
  pending: number;
  /** Brings one whole request at a time, and in the plainest form: what comes next is the beginning of another. */
  isPlain: boolean;
}

const connections = new WeakMap<Socket, Connection>();

const plainHead =
  /^POST \/v1\/predict HTTP\/1\.1\r\n(?:(?!transfer-encoding|expect|upgrade|connection(?!: keep-alive\r))[a-z0-9-]+: [\x20-\x7e]*\r\n)+\r\n$/i;
const lengths = /\r\ncontent-length: (\d{1,9})(?=\r\n)/gi;

/** Lengths of requests by their heads, which most clients repeat. */
const known = new Map<string, number>();

/** Whether some bytes are one request to predict, whole and alone, whose end no two readers could see at two places. */
export function isPlainRequest(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, 4096);
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 4);
  let length = known.get(head);
  if (length === undefined) {
    const [first, ...others] = plainHead.test(head) ? head.matchAll(lengths) : [];
    if (first === undefined || others.length > 0) return false;
    length = head.length + Number(first[1]);
    if (known.size >= 256) known.clear();
    known.set(head, length);
  }
  return length === bytes.length;
}

/** Notes a request of a connection that was refused one before. */
export function noteRequest(request: IncomingMessage, response: ServerResponse): void {
  const connection = connections.get(request.socket);
  if (connection === undefined) return;
  if (++connection.pending > 1) connection.isPlain = false;
  response.once('close', () => {
    connection.pending--;
  });
}

/**
 * Refuses before anything is read: a service with too much to do must not do more to say so. While the overload lasts, the
 * connection's next requests are refused before HTTP's parser sees them, for half of what that costs, where they are plain ones; the door
 * says which of them is its last.
 */
export function refuseEarly(
  core: ServiceCore,
  door: Door | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { socket } = request;
  // A response that has to wait for another has no socket yet.
  const isFirst = response.socket !== null && !connections.has(socket);
  core.refused();
  const isLast = core.isEnding || isSentAway(core, door, socket);
  response.writeHead(429, isLast ? [...headers, 'connection', 'close'] : headers);
  response.end(body);
  request.resume();
  if (!isFirst) return;
  const connection: Connection = { pending: 1, isPlain: true };
  connections.set(socket, connection);
  response.once('close', () => {
    connection.pending--;
    // The rest of a body could be made to look like a request.
    if (request.complete) watch(core, door, socket, connection);
    else request.once('end', () => watch(core, door, socket, connection));
  });
}

const isSentAway = (core: ServiceCore, door: Door | undefined, socket: Socket): boolean =>
  core.isOverload && door?.refuse(socket) === true && core.mayEnd();

/** Looks at what a connection brings before the parser does, until the overload is over. */
function watch(core: ServiceCore, door: Door | undefined, socket: Socket, connection: Connection): void {
  const [parse, ...others] = socket.listeners('data') as ((bytes: Buffer) => void)[];
  if (connection.pending > 0) connection.isPlain = false;
  if (!connection.isPlain || socket.destroyed || parse === undefined || others.length > 0) return;
  const look = (bytes: Buffer): void => {
    connection.isPlain &&= isPlainRequest(bytes);
    // Who ends waits for what comes by way of the parser, and has the last answer end its connection.
    if (connection.isPlain && connection.pending === 0 && !core.isEnding && core.isFull()) {
      core.refused();
      if (isSentAway(core, door, socket)) {
        socket.off('data', look);
        socket.write(lastAnswer, 'latin1');
        socket.destroySoon();
      } else socket.write(wholeAnswer, 'latin1');
      return;
    }
    if (!connection.isPlain || !core.isOverload || core.isEnding) {
      // Back to the parser alone; a request that is refused later begins this anew.
      if (connection.isPlain) connections.delete(socket);
      socket.on('data', parse);
      socket.off('data', look);
    }
    parse.call(socket, bytes);
  };
  socket.on('data', look);
  socket.off('data', parse);
}
