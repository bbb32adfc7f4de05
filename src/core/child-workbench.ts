import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errorTable, TrainerError } from './errors.ts';
import type { Json } from './helpers/canonical-json.ts';
import { entryUrl } from './helpers/entry-url.ts';
import type { Workbench, WorkOptions, WorkSettings } from './workbench.ts';

/** Messages from the host to the child. */
export type ToChild =
  | { readonly type: 'settings'; readonly settings: WorkSettings }
  | { readonly type: 'call'; readonly id: number; readonly tool: string; readonly input: Json };

/** Messages from the child to the host. */
export type FromChild =
  | { readonly type: 'start'; readonly id: number }
  | { readonly type: 'progress'; readonly id: number; readonly share?: number; readonly note?: string }
  | { readonly type: 'output'; readonly id: number; readonly output: Json }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly details: Json;
    };

interface Pending {
  readonly tool: string;
  readonly input: Json;
  readonly options: WorkOptions;
  readonly resolve: (output: Json) => void;
  readonly reject: (error: TrainerError) => void;
  restarts: number;
}

const maxRestarts = 1;

/**
 * Runs tools in one child process. Abort ends it (native code can't be interrupted otherwise); where it ends by itself,
 * the calls that it held start again once in a new one. An idle child does not keep the host alive, and ends with it.
 */
export function childWorkbench(settings: WorkSettings, entry: URL = entryUrl('child')): Workbench {
  let child: ChildProcess | undefined;
  let closed = false;
  let nextId = 0;
  const pending = new Map<number, Pending>();
  const watched = new Set<AbortSignal>();

  const post = (target: ChildProcess, message: ToChild) => target.send(message, () => undefined);

  const settle = (id: number): Pending | undefined => {
    const call = pending.get(id);
    if (call === undefined) return undefined;
    pending.delete(id);
    if (pending.size === 0) {
      child?.unref();
      child?.channel?.unref();
    }
    return call;
  };

  const started = (): ChildProcess => {
    if (child !== undefined) return child;
    const process_ = fork(fileURLToPath(entry), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    child = process_;
    process_.on('message', (message: FromChild) => {
      if (message.type === 'start') return pending.get(message.id)?.options.onStart?.();
      if (message.type === 'progress') return pending.get(message.id)?.options.onProgress?.(message);
      const call = settle(message.id);
      if (message.type === 'output') call?.resolve(message.output);
      else call?.reject(asTrainerError(message));
    });
    process_.on('error', (error: NodeJS.ErrnoException) => {
      // After a process that could not be made no `exit` follows; after any other error it does, and says it.
      if (process_.pid === undefined) ended(process_, error.code ?? error.message, null);
    });
    process_.on('exit', (code, signal) => ended(process_, signal ?? `exit code ${code}`, code));
    post(process_, { type: 'settings', settings });
    return process_;
  };

  const ended = (process_: ChildProcess, how: string, exitCode: number | null) => {
    if (child === process_) child = undefined;
    if (closed) return;
    for (const [id, call] of [...pending]) {
      if (call.restarts < maxRestarts) {
        call.restarts++;
        call.options.onRestart?.();
        send(id, call);
      } else {
        settle(id)?.reject(
          new TrainerError(
            'RUN_CHILD_FAILED',
            `Expected the process that trains to finish "${call.tool}", but it ended twice (${how}). If the machine ran out of memory, use fewer rows or columns; then resume the run.`,
            { details: { tool: call.tool, how, exitCode } },
          ),
        );
      }
    }
  };

  const send = (id: number, call: Pending) => {
    const target = started();
    target.ref();
    target.channel?.ref();
    post(target, { type: 'call', id, tool: call.tool, input: call.input });
  };

  const close = () => {
    closed = true;
    child?.kill('SIGKILL');
    child = undefined;
    for (const signal of watched) signal.removeEventListener('abort', close);
    for (const id of [...pending.keys()]) settle(id)?.reject(aborted());
  };

  return {
    where: 'child',
    call(tool, input, options) {
      return new Promise((resolve, reject) => {
        if (options.signal.aborted || closed) return reject(aborted());
        const id = nextId++;
        // One listener a signal, not one a call: Node warns of more than ten.
        if (!watched.has(options.signal)) {
          watched.add(options.signal);
          options.signal.addEventListener('abort', close, { once: true });
        }
        const call: Pending = { tool, input, options, resolve, reject, restarts: 0 };
        pending.set(id, call);
        send(id, call);
      });
    },
    close,
  };
}

/** The error of a run that was aborted. */
export function aborted(): TrainerError {
  return new TrainerError(
    'RUN_ABORTED',
    'The run was aborted. What was finished is kept: resume it to go on from there.',
  );
}

function asTrainerError(message: {
  readonly code: string;
  readonly message: string;
  readonly details: Json;
}): TrainerError {
  const code: ErrorCode = Object.hasOwn(errorTable, message.code) ? (message.code as ErrorCode) : 'INTERNAL';
  return new TrainerError(code, message.message, { details: (message.details ?? {}) as Record<string, Json> });
}
