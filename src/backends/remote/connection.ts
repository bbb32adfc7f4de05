import { type ErrorCode, errorTable, TrainerError } from '../../core/errors.ts';
import { decodeMessage, encodeMessage, type Message, protocolHeader, protocolVersion, readFrames } from './message.ts';

/** How a client reaches its worker. */
export interface RemoteBackendOptions {
  /** Where the worker listens: `http://127.0.0.1:7070`. */
  readonly url: string;
  /** A key of the worker, where it asks for one. */
  readonly key?: string;
  /**
   * Milliseconds without a sign of life after which a connection counts as cut. What is sent has a millisecond more for each 1,000 bytes, as
   * nothing comes back meanwhile.
   *
   * @default 10,000
   */
  readonly silenceMs?: number;
  /** How often in a row a cut connection is made anew. @default 5 */
  readonly retries?: number;
  /** Milliseconds before the first of these; each later one waits twice as long. @default 200 */
  readonly retryDelayMs?: number;
  /** Steps after which the worker sends a checkpoint back, from which a lost training is made again. 0 for none. @default 500 */
  readonly checkpointEvery?: number;
  /** @default the global one */
  readonly fetch?: typeof fetch;
}

type Json = Readonly<Record<string, unknown>>;

/** An answer that says what is wrong, which no repetition mends. */
function errorOf(json: Json): TrainerError {
  const code = String(json.code);
  const known = Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'INTERNAL';
  return new TrainerError(known, String(json.message), { details: (json.details ?? {}) as Json });
}

async function* piecesOf(body: ReadableStream<Uint8Array>, touch: () => void): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      touch();
      yield value;
    }
  } finally {
    // What is cut off has been seen where it was read.
    await reader.cancel().catch(() => {});
  }
}

/** Calls back after so long a silence. */
function awaitSilence(silenceMs: number, onSilence: () => void) {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (milliseconds: number): void => {
    const due = performance.now() + milliseconds;
    timer = setTimeout(() => {
      // Late: this thread was busy or stood still, and what came meanwhile has not been read yet.
      if (performance.now() - due > silenceMs / 4) wait(silenceMs / 2);
      else onSilence();
    }, milliseconds);
  };
  return {
    /** Something came, or is on its way for so long. */
    touch(more = 0): void {
      clearTimeout(timer);
      wait(silenceMs + more);
    },
    clear: () => clearTimeout(timer),
  };
}

/** Waits, but no longer than until the signal. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** What a worker has to say that it sets something free. */
const dismissMs = 300;

/** Requests to one worker, made again where the connection is cut. */
export class Connection {
  readonly options: RemoteBackendOptions;

  constructor(options: RemoteBackendOptions) {
    this.options = options;
  }

  /** One request and its answer; `signal` gives it up. @throws {TrainerError} what the worker says, or RUN_CHILD_FAILED where it can not be reached */
  async ask(
    method: string,
    path: string,
    message?: Message | Uint8Array,
    signal?: AbortSignal,
  ): Promise<Required<Message>> {
    const body = message instanceof Uint8Array ? message : message && encodeMessage(message);
    return this.#again(async () => {
      const { response, clear } = await this.#send(method, path, body, signal);
      try {
        return await answerOf(response);
      } finally {
        clear();
      }
    }, signal);
  }

  /** Lets the worker set something free. One that does not answer at once is not waited for: it does so by itself after a while. */
  async dismiss(path: string): Promise<void> {
    await this.ask('DELETE', path, undefined, AbortSignal.timeout(dismissMs)).catch(() => {}); // one that is gone holds nothing
  }

  /** Whether the worker has data of this hash. */
  async has(hash: string, signal?: AbortSignal): Promise<boolean> {
    return this.#again(async () => {
      const { response, clear } = await this.#send('HEAD', `blobs/${hash}`, undefined, signal);
      clear();
      return response.status === 200;
    }, signal);
  }

  /** A call whose messages come as they are made; after a cut it goes on behind the last that came. Returns the last one; `signal` gives it up; `onRefused` hears that the worker has not begun it. */
  async stream(
    path: string,
    message: Message,
    onMessage: (message: Required<Message>) => void,
    signal?: AbortSignal,
    onRefused: () => void = () => {},
  ): Promise<Required<Message>> {
    let body: Uint8Array;
    try {
      body = encodeMessage(message);
    } catch (error) {
      onRefused();
      throw error;
    }
    let seen = 0;
    let attempts = 0;
    return this.#again(async (alive) => {
      attempts++;
      const { response, clear, touch } = await this.#send('POST', `${path}?from=${seen}`, body, signal);
      try {
        if (response.status !== 200) {
          // An attempt before this one may have begun it.
          if (attempts === 1) onRefused();
          await answerOf(response);
        }
        for await (const made of readFrames(piecesOf(response.body!, touch))) {
          alive();
          const { type } = made.json as Json;
          if (type === 'beat') continue;
          seen++;
          if (type === 'error') throw errorOf(made.json as Json);
          if (type === 'result') return made;
          onMessage(made);
        }
      } finally {
        clear();
      }
      throw new Error('The connection ended before the result.');
    }, signal);
  }

  async #send(method: string, path: string, body?: Uint8Array, signal?: AbortSignal) {
    const { url, key, silenceMs = 10_000, fetch: own = fetch } = this.options;
    const controller = new AbortController();
    const silence = awaitSilence(silenceMs, () => controller.abort());
    silence.touch((body?.length ?? 0) / 1000);
    const touch = () => silence.touch();
    const clear = () => {
      signal?.removeEventListener('abort', clear);
      silence.clear();
      controller.abort();
    };
    signal?.addEventListener('abort', clear, { once: true });
    try {
      const response = await own(`${url.replace(/\/$/, '')}/v1/${path}`, {
        method,
        headers: {
          [protocolHeader]: String(protocolVersion),
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
        signal: controller.signal,
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
      touch();
      return { response, clear, touch };
    } catch (error) {
      clear();
      throw error;
    }
  }

  async #again<T>(work: (alive: () => void) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { retries = 5, retryDelayMs = 200, url } = this.options;
    let failures = 0;
    for (;;) {
      try {
        return await work(() => {
          failures = 0;
        });
      } catch (cause) {
        if (TrainerError.isInstance(cause)) throw cause;
        if (++failures > retries || signal?.aborted) {
          throw new TrainerError(
            'RUN_CHILD_FAILED',
            `The worker at ${new URL(url).origin} could not be reached${failures === 1 ? '' : `, ${failures} times in a row`}. Start it again; what it sent back as a checkpoint is kept.`,
            { cause, details: { isUnreachable: true } },
          );
        }
        let delay = retryDelayMs;
        for (let i = 1; i < failures; i++) delay *= 2;
        await pause(delay, signal);
      }
    }
  }
}

/** The message of an answer. @throws {TrainerError} where it is an error, or of another protocol */
async function answerOf(response: Response): Promise<Required<Message>> {
  if (response.headers.get(protocolHeader) !== String(protocolVersion)) {
    const got = response.headers.get(protocolHeader) ?? 'none';
    throw new TrainerError(
      'FORMAT_VERSION',
      `Expected a worker of the protocol ${protocolVersion}, got ${got}. Install the same version on both sides.`,
    );
  }
  const message = decodeMessage(new Uint8Array(await response.arrayBuffer()));
  const json = message.json as Json;
  if (response.status !== 200) throw errorOf(json);
  return message;
}
