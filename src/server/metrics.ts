import type { BatchDone } from './inference-queue.ts';
import type { ModelRouter } from './served-version.ts';

/** What the service counts, for Prometheus. */
export interface ServiceMetrics {
  request(route: string, status: number, seconds: number): void;
  rejected(reason: string): void;
  /** A request that was refused before anything of it was read. */
  refusedEarly(reason: 'load' | 'queue'): void;
  batch(batch: BatchDone): void;
  /** Whether new connections are taken, or the system refuses them because too much is asked. */
  listening(isSo: boolean): void;
  readonly contentType: string;
  text(): Promise<string>;
}

/** One number of a metric that is made when metrics are read. */
export interface Sample {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is measured when metrics are read. */
export interface MetricSources {
  readonly router: () => ModelRouter;
  readonly inFlight: () => number;
  readonly samples: () => readonly Sample[];
}

/**
 * Makes the metrics of a service, in a registry of their own: a host may have metrics of the same names.
 *
 * @param hasProcess - whether those of the process are among them; they are measured all the time
 */
export async function createMetrics(sources: MetricSources, hasProcess = true): Promise<ServiceMetrics> {
  const { default: prom } = await import('prom-client');
  const registry = new prom.Registry();
  const registers = [registry];
  const requests = new prom.Counter({
    name: 'traineragent_requests_total',
    help: 'Requests that were answered, by route and status.',
    labelNames: ['route', 'status'] as const,
    registers,
  });
  const seconds = new prom.Histogram({
    name: 'traineragent_request_seconds',
    help: 'From the headers of a request to its answer, by route.',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const rejected = new prom.Counter({
    name: 'traineragent_rejected_total',
    help: 'Requests that were refused because too much was under way, by what was full.',
    labelNames: ['reason'] as const,
    registers,
  });
  const batchRows = new prom.Histogram({
    name: 'traineragent_batch_rows',
    help: 'Rows that went through the model together.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers,
  });
  const batchSeconds = new prom.Histogram({
    name: 'traineragent_batch_seconds',
    help: 'Time of a batch, with its way to the process that predicts and back.',
    buckets: [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  });
  const failed = new prom.Counter({
    name: 'traineragent_failed_batches_total',
    help: 'Batches without an answer.',
    registers,
  });
  const shut = new prom.Counter({
    name: 'traineragent_listener_closed_total',
    help: 'Times that new connections were refused for a while because too much was asked.',
    registers,
  });
  let isListening = true;
  const gauge = (name: string, help: string, read: () => number): void => {
    new prom.Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  const sum =
    (of: (version: ModelRouter['versions'][number]) => number): (() => number) =>
    () =>
      sources.router().versions.reduce((total, version) => total + of(version), 0);
  gauge('traineragent_requests_in_flight', 'Requests under way.', sources.inFlight);
  gauge(
    'traineragent_queue_rows',
    'Rows that wait for a worker.',
    sum(({ queue }) => queue.queued),
  );
  gauge(
    'traineragent_workers_up',
    'Processes that can predict.',
    sum(({ workers }) => workers.up),
  );
  gauge('traineragent_listening', 'Whether new connections are taken.', () => Number(isListening));
  // In an overload these are most of all requests: they are added up, and told when metrics are read.
  const refusedEarly = { load: 0, queue: 0 };
  if (hasProcess) prom.collectDefaultMetrics({ register: registry });
  const sampled = new Map<string, InstanceType<typeof prom.Gauge>>();
  // Label sets that are looked up once, not with every request.
  const known = new Map<
    string,
    { count: ReturnType<typeof requests.labels>; time: ReturnType<typeof seconds.labels> }
  >();
  return {
    request(route, status, duration) {
      const key = `${status} ${route}`;
      let labelled = known.get(key);
      if (labelled === undefined) {
        labelled = { count: requests.labels(route, String(status)), time: seconds.labels(route) };
        known.set(key, labelled);
      }
      labelled.count.inc();
      labelled.time.observe(duration);
    },
    rejected: (reason) => rejected.inc({ reason }),
    refusedEarly: (reason) => {
      refusedEarly[reason]++;
    },
    batch({ rows, ms, isOk }) {
      batchRows.observe(rows);
      batchSeconds.observe(ms / 1000);
      if (!isOk) failed.inc();
    },
    listening(isSo) {
      isListening = isSo;
      if (!isSo) shut.inc();
    },
    contentType: registry.contentType,
    text: () => {
      for (const reason of ['load', 'queue'] as const) {
        if (refusedEarly[reason] === 0) continue;
        rejected.inc({ reason }, refusedEarly[reason]);
        requests.inc({ route: 'unknown', status: '429' }, refusedEarly[reason]);
        refusedEarly[reason] = 0;
      }
      for (const gauge of sampled.values()) gauge.reset();
      for (const { name, help, labels, value } of sources.samples()) {
        let made = sampled.get(name);
        if (made === undefined) {
          made = new prom.Gauge({ name, help, labelNames: Object.keys(labels), registers });
          sampled.set(name, made);
        }
        made.set(labels, value);
      }
      return registry.metrics();
    },
  };
}
