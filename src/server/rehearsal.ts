import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type ApiKey, createApiKey } from '../tools/serve/api-keys.ts';
import { exampleRecords } from '../tools/serve/example-records.ts';
import { LiveScores } from '../tools/serve/live-score.ts';
import type { ServeLimits } from '../tools/serve/serve-limits.ts';
import { tellEach } from './harmless.ts';
import { createMetrics, type ServiceMetrics } from './metrics.ts';
import { createServiceCore, type ServiceCore } from './service.ts';
import { type StrangeRequest, strangeRequests } from './strange-requests.ts';
import { type DriftWatchOptions, watchDrift } from './watch-drift.ts';
import { watchPredictions } from './watch-predictions.ts';

/**
 * Services that nobody sees, made of the same code and predicting with the same versions: what they are asked is not counted among
 * what the real one answered, in metrics, scores or drift.
 */
export interface Rehearsal {
  /** Answers what is not a prediction. */
  readonly core: ServiceCore;
  /** Counts batches while it lasts. */
  readonly metrics: ServiceMetrics;
  readonly isOver: boolean;
  /**
   * Sends made-up records over real sockets of this machine until the code on their way is compiled: what runs for the first time takes ten
   * times as long, and the first second of a service would be an overload of itself. Whoever else finds the port needs a key where the
   * service has keys, and is cut off at the end.
   *
   * @param server - made as the real one is, and closed at the end
   * @param answerBy - has the server ask another core for predictions from here on
   */
  run(server: Server, answerBy: (core: ServiceCore) => void): Promise<void>;
}

type RehearsalOptions = Pick<DriftWatchOptions, 'name' | 'settings' | 'router'> & { readonly limits: ServeLimits };

/** Code is compiled for all services of a process. */
let isCompiled = false;

/** Makes what a service rehearses with before it takes requests; nothing where one of this process has done so. */
export async function createRehearsal(options: RehearsalOptions, hasKeys: boolean): Promise<Rehearsal | undefined> {
  if (isCompiled) return undefined;
  isCompiled = true;
  const { router } = options;
  const metrics = await createMetrics({ router: () => router, inFlight: () => 0, samples: () => [] }, false);
  const { key, stored } = createApiKey('rehearsal', ['predict']);
  // Code that has seen one service alone is compiled for that one, and thrown away when it meets the real one.
  const cores = [1, 2].map(() => unseenCore(options, metrics, hasKeys ? [stored] : undefined));
  const requests = requestsOf(options, hasKeys ? key : undefined);
  let isOver = false;
  return {
    core: cores[0]!,
    metrics,
    get isOver() {
      return isOver;
    },
    async run(server, answerBy) {
      await rehearse(server, requests, (sent) => answerBy(cores[Math.floor(sent / turnRequests) % 2]!));
      // What was given up may still be under way, and is not to be counted after all.
      while (router.versions.some(({ queue }) => queue.queued + queue.underWay > 0))
        await new Promise((resolve) => setTimeout(resolve, 1));
      isOver = true;
    },
  };
}

const drop = (): void => undefined;

function unseenCore(
  { name, settings, router, limits }: RehearsalOptions,
  metrics: ServiceMetrics,
  keys: readonly ApiKey[] | undefined,
): ServiceCore {
  // As the real one's: an object of another shape would be other code.
  const hooks = { onOutcome: drop, onEntry: drop };
  const scores = new LiveScores({ predictions: 1000, keepMs: 60_000 }, Date.now, hooks);
  const drift = watchDrift({ name, settings, router, scores: () => [], onDrift: () => undefined, now: Date.now });
  // Without releases: a canary is not judged by what nobody asked.
  const watch = watchPredictions(undefined, scores);
  return createServiceCore({
    name,
    router,
    limits,
    metrics,
    onPrediction: tellEach([watch.onPrediction, drift.onPrediction]),
    onAnswer: watch.onAnswer,
    ...(keys === undefined ? {} : { keys }),
  });
}

interface Requests {
  readonly plain: readonly Buffer[];
  readonly strange: readonly StrangeRequest[];
}

function requestsOf({ router: { versions }, limits, name }: RehearsalOptions, key: string | undefined): Requests {
  const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`;
  const probe = Buffer.from('GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  const bodies = exampleRecords(versions[0]!.signature, 50).map((record) => JSON.stringify(record));
  const plain = bodies.flatMap((body, i) => {
    const predict = Buffer.from(
      `POST /v1/predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${authorization}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    // Supervisors ask too, and another kind of request makes other code.
    return i % 10 === 0 ? [predict, probe] : [predict];
  });
  return { plain, strange: strangeRequests(bodies[0]!, authorization, limits, name) };
}

/** After so many answers the code of the whole way is compiled: of requests that come together, then of one after the other. */
const mostRequests = { together: 2500, alone: 1500 } as const;
/** A slow machine, or model, starts without having rehearsed all. In the processor's time: others may be using it meanwhile. */
const mostUsedMs = 3000;
/** What takes so long is stuck. */
const mostMs = 10_000;
const connections = 16;
/** Requests after which a strange one comes, so that the code of all others meets it before it is compiled for good. */
const strangeEvery = 12;
/** Requests after which the other core answers. */
const turnRequests = 100;

async function rehearse(server: Server, { plain, strange }: Requests, onSend: (sent: number) => void): Promise<void> {
  const started = process.cpuUsage();
  const usedMs = (): number => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
  let sent = 0;
  const clients: Socket[] = [];
  const giveUp = setTimeout(() => {
    for (const client of clients) client.destroy();
  }, mostMs);
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const odd: Promise<unknown>[] = [];
    const ends = Array.from({ length: connections }, async (_, i) => {
      const client = connect({ port, host: '127.0.0.1', noDelay: true });
      clients.push(client);
      const most = mostRequests.together + (i === 0 ? mostRequests.alone : 0);
      const next = (): void => {
        if (sent >= most || usedMs() > mostUsedMs) client.destroy();
        else {
          onSend(sent);
          if (sent % strangeEvery === 0) {
            const { client: other, end } = send(port, strange[(sent / strangeEvery) % strange.length]!);
            clients.push(other);
            odd.push(end);
          }
          client.write(plain[sent++ % plain.length]!);
        }
      };
      // An answer is so small that it comes in one part; where it does not, the next request is early.
      client
        .on('connect', next)
        .on('data', next)
        .on('error', () => client.destroy());
      await once(client, 'close');
    });
    await Promise.all(ends);
    await Promise.all(odd);
  } catch {
    // A machine that may not listen here starts cold.
  } finally {
    clearTimeout(giveUp);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends one request over a connection of its own, which ends with the first part of the answer. */
function send(port: number, { bytes, isCut }: StrangeRequest): { client: Socket; end: Promise<unknown> } {
  const client = connect({ port, host: '127.0.0.1', noDelay: true });
  const destroy = (): void => void client.destroy();
  client
    .on('connect', () => client.write(bytes, isCut ? () => setImmediate(destroy) : undefined))
    .on('data', destroy)
    .on('error', destroy);
  return { client, end: new Promise((resolve) => client.once('close', resolve)) };
}
