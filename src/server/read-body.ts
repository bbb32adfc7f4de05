import type { IncomingMessage } from 'node:http';
import { BodyBuffer } from './body-buffer.ts';

/** Requests whose bodies were read before the parser has said that they are complete. */
const wholeBodies = new WeakSet<IncomingMessage>();

/** Whether something of a body is still to come, so that no other request can follow on its connection. */
export const isUnread = (raw: IncomingMessage): boolean =>
  !raw.complete && raw.method !== 'GET' && !wholeBodies.has(raw);

/**
 * The bytes of a body, or `undefined` where they are too many. One that came with its headers is taken as it lies there. Of others each turn of
 * the event loop takes what the system gives at once, 64 kB, with all of its chunks together: whoever sends a megabyte holds up nobody for
 * longer than that.
 */
export function readBody(raw: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> | Uint8Array {
  const length = Number(raw.headers['content-length'] ?? -1);
  if (length > 0 && length <= maxBytes && raw.readableLength === length && raw.readableFlowing === null) {
    const bytes = raw.read() as Uint8Array;
    wholeBodies.add(raw);
    return bytes;
  }
  return new Promise((resolve, reject) => {
    const body = new BodyBuffer(maxBytes);
    const framing = raw.headers['transfer-encoding'] === undefined ? undefined : framingOf(raw);
    let later: NodeJS.Immediate | undefined;
    const off = (): void => {
      clearImmediate(later);
      raw.off('readable', onReadable).off('end', onEnd).off('close', onClose).off('error', onClose);
    };
    const take = (): void => {
      later = undefined;
      // Until something is taken, no more is read of the socket.
      const part = raw.read() as Uint8Array | null;
      if (part === null || body.add(part, framing?.(part.length))) return;
      off();
      resolve(undefined);
    };
    const onReadable = (): void => {
      later ??= setImmediate(take);
    };
    const onEnd = (): void => {
      off();
      resolve(body.bytes);
    };
    const onClose = (): void => {
      off();
      reject(new Error('The client has gone.'));
    };
    raw.on('readable', onReadable).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

/** Tells of each part how many bytes of the connection were not the body but what its chunks are framed by; of the first it is not known. */
function framingOf(raw: IncomingMessage): (partBytes: number) => number {
  let before: number | undefined;
  return (partBytes) => {
    // After the end it may be another request.
    const { bytesRead } = raw.socket;
    const framing = before === undefined || raw.complete ? 0 : bytesRead - before - partBytes;
    before = bytesRead;
    return Math.max(0, framing);
  };
}
