import type { IncomingMessage } from 'node:http';
import { isUnread } from './read-body.ts';

/** How long a connection is kept for a client that has not heard yet that it should stop. */
const lingerMs = 1_000;

/**
 * Has a connection end in a way, where its request was refused before its body was read, that the client hears of it. A socket that is closed while bytes come
 * in resets the connection, and the client may never see its answer (RFC 9112, section 9.6). So after the answer the end is told, and what
 * still comes is dropped unseen, without a parser, until the client ends too or for a second: a part of it a turn of the event loop, and
 * `mostBytes` in all.
 */
export function lingerAfter(request: IncomingMessage, mostBytes: number): void {
  const { socket } = request;
  // HTTP calls this once the last answer has been written.
  socket.destroySoon = () => {
    socket.destroySoon = Object.getPrototypeOf(socket).destroySoon;
    if (socket.destroyed || !isUnread(request)) {
      socket.destroySoon();
      return;
    }
    const from = socket.bytesRead;
    const drop = (): void => {
      if (socket.bytesRead - from > mostBytes) {
        socket.destroy();
        return;
      }
      socket.pause();
      setImmediate(() => socket.resume());
    };
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    const parsers = socket.listeners('data') as (() => void)[];
    // First the new one: with it HTTP's parser lets go of the socket.
    socket.on('data', drop);
    for (const parse of parsers) socket.off('data', parse);
    socket
      .once('end', () => socket.destroy())
      .once('close', () => clearTimeout(timer))
      .end();
    socket.resume();
  };
}
