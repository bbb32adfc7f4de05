import { Writable } from 'node:stream';
import type { CliIo } from '../../src/cli/command.ts';
import type { CliModel, CliOutcome, CliRun, CliServices } from '../../src/cli/services.ts';
import { writeWhole } from '../../src/cli/write-file.ts';
import type { EventBodies, EventType, RunEvent } from '../../src/core/events.ts';
import type { RunFacts } from '../../src/tools/report/report-facts.ts';
import { reportHtml } from '../../src/tools/report/report-html.ts';
import { penguinFacts } from '../tools/report/facts.ts';
import { fakeModel } from '../tools/serve/fake-model.ts';

/** A stream that keeps what is written to it. */
export class TextStream extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows = 40;
  constructor(isTTY = false, columns = 100) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.isTTY = isTTY;
  }
  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

export interface FakeIo extends CliIo {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  signal(name: 'SIGINT' | 'SIGTERM'): void;
  readonly listeners: number;
}

export function fakeIo(
  cwd = '/nowhere',
  options: {
    readonly isTty?: boolean;
    readonly columns?: number;
    readonly environment?: CliIo['environment'];
  } = {},
): FakeIo {
  const callbacks = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  return {
    stdout: new TextStream(),
    stderr: new TextStream(options.isTty, options.columns),
    environment: options.environment ?? {},
    cwd,
    now: () => 0,
    onSignal(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    signal: (name) => {
      for (const callback of [...callbacks]) callback(name);
    },
    get listeners() {
      return callbacks.size;
    },
  };
}

let seq = 0;
/** One event. */
export function event<T extends EventType>(type: T, body: EventBodies[T]): RunEvent {
  return { type, runId: 'run-1', seq: seq++, time: 0, ...body } as RunEvent;
}

/** A run that gives these events and then this end. */
export function fakeRun(end: CliOutcome | Error, events: readonly RunEvent[] = []): CliRun {
  const result = end instanceof Error ? Promise.reject(end) : Promise.resolve(end);
  result.catch(() => undefined);
  return {
    id: 'run-1',
    result,
    abort: () => undefined,
    async *[Symbol.asyncIterator]() {
      yield* events;
      if (end instanceof Error) throw end;
    },
  };
}

export function outcomeOf(facts: RunFacts = penguinFacts): CliOutcome {
  return {
    status: facts.status,
    facts,
    report: () => reportHtml(facts),
    ...(facts.status === 'complete' ? { model: { save: (path: string) => writeWhole(path, 'ONNX') } } : {}),
  };
}

/** Services that fail unless a test says what they do. */
export function fakeServices(services: Partial<CliServices> = {}): CliServices {
  const unexpected = (): Promise<never> => Promise.reject(new Error('unexpected call'));
  return {
    version: '1.2.3',
    newRunId: () => 'run-1',
    train: unexpected,
    resume: unexpected,
    plan: unexpected,
    fork: unexpected,
    evaluate: unexpected,
    compare: unexpected,
    verify: unexpected,
    loadModel: unexpected,
    openService: unexpected,
    conversions: { convert: unexpected, convertToBrowser: unexpected, convertToModule: unexpected },
    openStore: unexpected,
    predictFile: unexpected,
    ...services,
  };
}

export function fakeCliModel(): CliModel & { readonly closed: () => number } {
  let closed = 0;
  return {
    ...fakeModel(),
    card: { target: 'species' },
    sizeBytes: 4321,
    close: async () => {
      closed++;
    },
    closed: () => closed,
  };
}
