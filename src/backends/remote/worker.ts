import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TrainerError } from '../../core/errors.ts';
import type { Backend, NetworkSpec, Training, TrainingData } from '../backend.ts';
import {
  decodeData,
  decodeMessage,
  encodeMessage,
  frame,
  type Message,
  protocolHeader,
  protocolVersion,
  withFiles,
} from './message.ts';
import type { CallRequest } from './worker-call.ts';
import { errorMessage, WorkerObject } from './worker-object.ts';

/** How a worker serves. */
export interface WorkerOptions {
  /** Where networks and models are computed. */
  readonly backend: Backend;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Beyond this machine `authorize` is needed. @default '127.0.0.1' */
  readonly host?: string;
  /** Whether a request may do anything, by its `authorization` header. @default everybody on this machine */
  readonly authorize?: (authorization: string | undefined) => boolean;
  /** Bytes of data that are held; those that were used longest ago go first. @default 4e9 */
  readonly dataBytes?: number;
  /** Networks and models at once. @default 32 */
  readonly objects?: number;
  /** Milliseconds without a call after which a network or a model is disposed of. @default 1,800,000 */
  readonly idleMs?: number;
  /** Milliseconds between signs of life while a call works. @default 1000 */
  readonly beatMs?: number;
}

/** A worker that listens. */
export interface Worker extends AsyncDisposable {
  readonly url: string;
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** The most bytes of one request. */
const mostBytes = 2e9;

/** What a client sent under its hash. */
interface Blob {
  readonly size: number;
  /** As they came, until they were first read as data: they are held once. */
  bytes?: Uint8Array;
  data?: TrainingData;
}

/** For what has been answered where it was asked for. */
const ignore = (): void => {};

/** A request that is answered with a status of its own. */
class Refusal extends Error {
  readonly status: number;
  readonly answer: TrainerError;

  constructor(status: number, answer: TrainerError) {
    super(answer.message);
    this.status = status;
    this.answer = answer;
  }
}

const refuse = (status: number, message: string): Refusal =>
  new Refusal(status, new TrainerError('REQUEST_INVALID', message));

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > mostBytes) throw refuse(413, `Expected a request of at most ${mostBytes} bytes.`);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/**
 * Serves a backend of this process to clients of `remoteBackend`.
 *
 * @throws {TrainerError} REQUEST_INVALID without `authorize` beyond this machine, SERVE_FAILED where the port is taken
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { backend, port = 0, host = '127.0.0.1', authorize, dataBytes = 4e9, beatMs = 1000 } = options;
  const { objects: mostObjects = 32, idleMs = 1_800_000 } = options;
  if (!loopback.has(host) && authorize === undefined) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected keys to listen on ${host}, beyond this machine, got none. Make some with: traineragent key`,
    );
  }
  // Another process behind the same address is seen by this: what a client has made is not there.
  const instance = randomUUID();
  const blobs = new Map<string, Blob>();
  const objects = new Map<string, Promise<WorkerObject>>();

  const find = async (id: string): Promise<WorkerObject> => {
    const object = await objects.get(id);
    if (object === undefined) {
      throw new Refusal(
        410,
        new TrainerError(
          'RUN_CHILD_FAILED',
          'The worker does not have this network or model (any more): it was started again, or has set it free. Load the model, or compile the network, once more.',
        ),
      );
    }
    object.lastUsed = performance.now();
    return object;
  };
  const blobOf = (hash: string) => {
    const blob = blobs.get(hash);
    if (blob === undefined) {
      throw new Refusal(
        424,
        new TrainerError('REQUEST_INVALID', 'The worker does not have these data (any more). Send them again.', {
          details: { hash },
        }),
      );
    }
    // The order of the map is that of the last use.
    blobs.delete(hash);
    blobs.set(hash, blob);
    return blob;
  };
  const dataOf = (hash: string | undefined): TrainingData | undefined => {
    if (hash === undefined) return undefined;
    const blob = blobOf(hash);
    blob.data ??= decodeData(blob.bytes!);
    delete blob.bytes;
    return blob.data;
  };
  const modelOf = (hash: string): Uint8Array => {
    const { bytes } = blobOf(hash);
    if (bytes === undefined) throw refuse(400, 'Expected a model, got data of a training.');
    return bytes;
  };
  const put = (hash: string, bytes: Uint8Array): void => {
    if (createHash('sha256').update(bytes).digest('hex') !== hash) throw refuse(400, 'The data do not have this hash.');
    blobs.set(hash, { size: bytes.length, bytes });
    let total = 0;
    for (const { size } of blobs.values()) total += size;
    for (const [oldest, blob] of blobs) {
      if (total <= dataBytes || oldest === hash) break;
      blobs.delete(oldest);
      total -= blob.size;
    }
  };
  const make = async (message: Required<Message>): Promise<WorkerObject> => {
    const { kind, network, training, files, model, options: load } = message.json as Readonly<Record<string, unknown>>;
    const bytes = Array.isArray(files) ? files.map((hash) => modelOf(String(hash))) : [];
    const held =
      kind === 'network'
        ? await backend.compile(withFiles(network, bytes) as NetworkSpec, training as Training)
        : await backend.load(modelOf(String(model)), { ...(load as object), where: 'inline' });
    return new WorkerObject(held, performance.now());
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://worker');
    const [, version, room, id = '', what, number] = url.pathname.split('/');
    const send = (status: number, message: Message): void => {
      response.writeHead(status, { 'content-type': 'application/octet-stream', [protocolHeader]: protocolVersion });
      response.end(encodeMessage(message));
    };
    if (authorize !== undefined && !authorize(request.headers.authorization))
      throw refuse(401, 'The worker does not accept the key.');
    const said = request.headers[protocolHeader];
    if (version !== 'v1' || said !== String(protocolVersion)) {
      const message = `Expected the protocol ${protocolVersion}, got ${said ?? 'none'}. Install the same version on both sides.`;
      throw new Refusal(400, new TrainerError('FORMAT_VERSION', message));
    }
    const route = `${request.method} ${room}${what === undefined ? '' : `/${what}`}`;
    if (route === 'GET worker') {
      return send(200, { json: { instance, name: backend.name, capabilities: backend.capabilities } });
    }
    if (route === 'HEAD blobs') {
      response.writeHead(blobs.has(id) ? 200 : 404, { [protocolHeader]: protocolVersion }).end();
      return;
    }
    if (route === 'PUT blobs') {
      put(id, await bodyOf(request));
      return send(200, { json: {} });
    }
    if (route === 'PUT objects') {
      let object = objects.get(id);
      const message = decodeMessage(await bodyOf(request));
      if (object === undefined) {
        if (objects.size >= mostObjects)
          throw refuse(429, `The worker holds ${mostObjects} networks and models; dispose of one.`);
        object = make(message);
        objects.set(id, object);
        object.catch(() => objects.delete(id));
      }
      const { kind, infos } = await object;
      return send(200, { json: { kind, instance, ...infos } });
    }
    if (route === 'POST objects/calls') {
      const { json, tensors } = decodeMessage(await bodyOf(request));
      const object = await find(id);
      const call = json as CallRequest;
      object.start(Number(number), call, tensors, dataOf(call.data));
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      response.writeHead(200, { 'content-type': 'application/octet-stream', [protocolHeader]: protocolVersion });
      const beat = setInterval(() => {
        // A client that has not read what was sent gets its sign of life by that.
        if (!response.writableNeedDrain) response.write(frame({ json: { type: 'beat' } }));
      }, beatMs);
      try {
        for await (const piece of object.listen(Number(url.searchParams.get('from') ?? 0), gone.signal)) {
          // No more than one message waits in the connection: the others are held once, for all who may ask for them.
          if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal });
        }
      } catch (error) {
        if (!gone.signal.aborted) throw error;
      } finally {
        clearInterval(beat);
      }
      response.end();
      return;
    }
    if (route === 'DELETE objects/calls') {
      (await find(id)).cancel(Number(number));
      return send(200, { json: {} });
    }
    if (route === 'DELETE objects') {
      const object = objects.get(id);
      objects.delete(id);
      await (await object)?.[Symbol.asyncDispose]();
      return send(200, { json: {} });
    }
    throw refuse(404, 'The worker does not know this address.');
  };

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      const [status, own] = error instanceof Refusal ? [error.status, error.answer] : [422, error];
      if (response.headersSent) return response.destroy();
      response.writeHead(status, { 'content-type': 'application/octet-stream', [protocolHeader]: protocolVersion });
      response.end(encodeMessage(errorMessage(own)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `The worker could not listen on ${host}:${port} (${cause.code}). Choose another port, or end what holds it.`;
      reject(new TrainerError('SERVE_FAILED', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const sweep = setInterval(
    () => {
      for (const [id, object] of objects) {
        void object.then((own) => {
          if (own.isBusy) own.lastUsed = performance.now();
          if (performance.now() - own.lastUsed < idleMs || objects.get(id) !== object) return;
          objects.delete(id);
          return own[Symbol.asyncDispose]();
        }, ignore);
      }
    },
    Math.max(1000, idleMs / 4),
  );
  sweep.unref();
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async [Symbol.asyncDispose]() {
      clearInterval(sweep);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const object of objects.values()) await (await object)[Symbol.asyncDispose]();
      objects.clear();
    },
  };
}
