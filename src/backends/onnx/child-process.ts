import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { TrainerError } from '../../core/errors.ts';
import { entryUrl } from '../../core/helpers/entry-url.ts';
import { encodeFrame, FrameReader, type FromChild, type ToChild } from './frames.ts';

/** The file descriptor that frames cross by in a child; 0 to 2 are its standard streams, 3 is Node's own channel. */
export const frameChannel = 4;

/** Names of the environment that a child needs to start; keys and tokens of the host stay out of it. */
const passedOn = [
  'PATH',
  'Path',
  'SystemRoot',
  'TEMP',
  'TMP',
  'TMPDIR',
  'HOME',
  'LANG',
  'LD_LIBRARY_PATH',
  'NODE_PATH',
  'ORT_DISABLE_TELEMETRY',
];

const alive = new Set<ChildProcess>();

function killAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** A running child: one message at a time, each with one answer. */
export interface PredictChild {
  /** @throws {TrainerError} PREDICT_FAILED when the process ends, or `signal` is aborted (which kills it). */
  send(message: ToChild, signal?: AbortSignal): Promise<FromChild>;
  /** Whether the process has not ended. */
  isAlive(): boolean;
  kill(): void;
}

/**
 * Starts a process that predicts. It keeps the host alive only while it owes an answer.
 *
 * @param onEnd - called once when the process has ended in any way but by `kill`
 */
export function startPredictChild(entry: URL = entryUrl('predict-child'), onEnd?: () => void): PredictChild {
  const env: Record<string, string> = {};
  for (const name of passedOn) if (process.env[name] !== undefined) env[name] = process.env[name]!;
  // Flags of the host (--inspect, loaders, test runners) are not for the child.
  const child = fork(fileURLToPath(entry), [], {
    execArgv: [],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'overlapped'],
  });
  // Node's channel would turn tensors into structured clones; it is there because `fork` wants it, and idle.
  child.channel?.unref();
  const socket = child.stdio[frameChannel] as Socket | null | undefined;
  if (alive.size === 0) process.once('exit', killAll);
  alive.add(child);

  let isAlive = true;
  let isKilled = false;
  let stderr = '';
  let pending: { resolve(reply: FromChild): void; reject(error: TrainerError): void } | undefined;

  const hold = (isBusy: boolean): void => {
    const pipe = child.stderr as unknown as { ref(): void; unref(): void } | null;
    if (isBusy) {
      child.ref();
      socket?.ref();
    } else {
      child.unref();
      socket?.unref();
    }
    pipe?.unref();
  };
  const settle = (use: (waiting: NonNullable<typeof pending>) => void): void => {
    const waiting = pending;
    pending = undefined;
    hold(false);
    if (waiting !== undefined) use(waiting);
  };
  const end = (why: string, cause?: unknown): void => {
    if (!isAlive) return;
    isAlive = false;
    alive.delete(child);
    if (alive.size === 0) process.off('exit', killAll);
    const said = stderr.trim().slice(-500);
    const message = `The process that predicts ${why}${said === '' ? '' : `; it said: ${said}`}. The next call starts another.`;
    socket?.destroy();
    settle(({ reject }) => reject(new TrainerError('PREDICT_FAILED', message, { cause })));
    if (!isKilled) onEnd?.();
  };

  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-2_000);
  });
  const reader = new FrameReader<FromChild>((reply) => settle(({ resolve }) => resolve(reply)));
  socket?.on('data', (chunk: Buffer) => reader.push(chunk));
  // What broke the channel is told by the end of the process.
  socket?.on('error', () => child.kill('SIGKILL'));
  child.on('error', (cause) => end('could not start or be reached', cause));
  child.on('exit', (code, signal) => end(`ended unexpectedly (${signal ?? `exit code ${code}`})`));
  hold(false);

  return {
    isAlive: () => isAlive,
    kill() {
      isKilled = true;
      child.kill('SIGKILL');
      end('was ended');
    },
    send(message, signal) {
      return new Promise<FromChild>((resolve, reject) => {
        if (!isAlive) {
          reject(
            new TrainerError('PREDICT_FAILED', 'The process that predicts has ended. The next call starts another.'),
          );
          return;
        }
        const abort = (): void => {
          child.kill('SIGKILL');
          end('was ended because the call was aborted', signal?.reason);
        };
        const off = (): void => signal?.removeEventListener('abort', abort);
        signal?.addEventListener('abort', abort, { once: true });
        pending = {
          resolve(reply) {
            off();
            resolve(reply);
          },
          reject(error) {
            off();
            reject(error);
          },
        };
        hold(true);
        if (socket === null || socket === undefined) {
          end('could not be reached');
          return;
        }
        const pieces = encodeFrame(message);
        if (pieces.length > 1) socket.cork();
        for (const piece of pieces) socket.write(piece);
        if (pieces.length > 1) socket.uncork();
      });
    },
  };
}
