import type { Backend, TrainableNetwork } from '../../backends/backend.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { claim, claimRejects } from './claims.ts';
import { wholeCase } from './training-cases.ts';

const { network, training, data, batches } = wholeCase;

/** The most milliseconds from an abort to its error, of a call that waits for its turn. */
const mostMs = 300;

type Call = (trained: TrainableNetwork, signal: AbortSignal) => Promise<unknown>;

/** Each call of a network that takes a signal. */
async function callsOf(trained: TrainableNetwork): Promise<Readonly<Record<string, Call>>> {
  const snapshot = await trained.snapshot();
  return {
    steps: (own, signal) => own.steps(data, batches, { signal }),
    evaluate: (own, signal) => own.evaluate(data, { signal }),
    snapshot: (own, signal) => own.snapshot({ signal }),
    restore: (own, signal) => own.restore(snapshot, { signal }),
    toModel: (own, signal) => own.toModel({ signal }),
  };
}

/** What an abort does wherever a signal is taken. */
export function abortTests(backend: Backend): ConformanceTest[] {
  return [
    {
      name: 'a signal that is aborted already ends each call before it begins, and the network is as it was',
      async run() {
        const gone = AbortSignal.abort();
        await claimRejects(() => backend.compile(network, training, { signal: gone }), ['RUN_ABORTED'], 'compile');
        await using trained = await backend.compile(network, training);
        const bytes = await trained.toModel();
        for (const [name, call] of Object.entries(await callsOf(trained))) {
          await claimRejects(() => call(trained, gone), ['RUN_ABORTED'], name);
        }
        claim(trained.step === 0, `Expected no step, got ${trained.step}.`);
        if (backend.capabilities.predict) {
          const load = () => backend.load(bytes, { where: 'inline', signal: gone });
          await claimRejects(load, ['RUN_ABORTED'], 'load');
        }
        await trained.steps(data, batches.slice(0, 1));
      },
    },
    {
      name: 'an abort ends a call that waits for its turn at once, and those around it are done',
      async run() {
        await using trained = await backend.compile(network, training);
        for (const [name, call] of Object.entries(await callsOf(trained))) {
          const before = trained.step;
          const first = trained.steps(
            data,
            Array.from({ length: 200 }, () => batches[0]!),
          );
          const controller = new AbortController();
          const aborted = claimRejects(() => call(trained, controller.signal), ['RUN_ABORTED'], name);
          const last = trained.steps(data, batches.slice(0, 1));
          const started = performance.now();
          controller.abort();
          await aborted;
          const ms = performance.now() - started;
          claim(ms < mostMs, `Expected ${name} to end within ${mostMs} ms of its abort, got ${ms}.`);
          await Promise.all([first, last]);
          claim(trained.step === before + 201, `Expected ${before + 201} steps, got ${trained.step}.`);
        }
      },
    },
  ];
}
