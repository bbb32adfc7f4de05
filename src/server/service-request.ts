/** A request, whatever server or framework it came through. */
export interface ServiceRequest {
  /** In capitals. */
  readonly method: string;
  /** Path and query below the place where the service is mounted, beginning with a slash. */
  readonly url: string;
  /** A header by its name in small letters. */
  header(name: string): string | undefined;
  /** The whole body, or `undefined` where it is larger. */
  read(maxBytes: number): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** The body as it comes; who stops reading ends it. */
  stream(): AsyncIterable<Uint8Array>;
}

/** An answer; a body in parts is asked for part by part, so that a slow reader slows the work down. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<string>;
}

/** A body did not arrive in time. */
export class BodyTimeout extends Error {}

interface Waiting {
  readonly until: number;
  fail(): void;
}
const waiting = new Set<Waiting>();
let watch: NodeJS.Timeout | undefined;

/** One timer for all that waits: nearly every body is there before a timer of its own would have been made. */
function look(): void {
  const now = performance.now();
  for (const item of waiting) if (item.until <= now) item.fail();
  if (waiting.size > 0) return;
  clearInterval(watch);
  watch = undefined;
}

/** Fails with {@link BodyTimeout} where a promise is not settled in time, to a tenth of a second. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const item: Waiting = {
      until: performance.now() + ms,
      fail() {
        waiting.delete(item);
        reject(new BodyTimeout());
      },
    };
    waiting.add(item);
    watch ??= setInterval(look, 100).unref();
    promise.then(
      (value) => {
        waiting.delete(item);
        resolve(value);
      },
      (error) => {
        waiting.delete(item);
        reject(error);
      },
    );
  });
}

/** The same parts, and a call when the last was taken or the reader has gone, even before the first. */
export function onEnd(body: AsyncIterable<string>, callback: () => void): AsyncIterable<string> {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    callback();
  };
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const result = await iterator.next();
            if (result.done) end();
            return result;
          } catch (error) {
            end();
            throw error;
          }
        },
        async return() {
          end();
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
