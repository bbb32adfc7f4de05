import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunRequest } from '../../src/index.ts';

const script = fileURLToPath(new URL('./host.mjs', import.meta.url));

/** What a host process is told. */
export interface HostOptions {
  readonly folder: string;
  readonly request?: RunRequest;
  /** Id of a run to go on with. */
  readonly resume?: string;
  readonly cores?: number;
  /** Stands still behind this journal record. */
  readonly holdAt?: number;
  /** @default this Node */
  readonly node?: string;
}

/** A line that a host process said. */
export interface Said {
  readonly holds?: number;
  readonly stage?: string;
  readonly tool?: string;
  readonly ordinal?: number;
  readonly phase?: 'start' | 'end' | 'restart';
  readonly status?: string;
  readonly hash?: string;
  readonly code?: string;
}

/** A host application in a process of its own. */
export interface Host {
  readonly process: ChildProcess;
  readonly said: readonly Said[];
  /** Resolves with the first line that fits, or with undefined when the process has ended without one. */
  until(fits: (line: Said) => boolean): Promise<Said | undefined>;
  /** What it and the processes that it started have said on stderr, when all of them are gone. */
  complaints(): Promise<string>;
  /** SIGKILL from outside; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts `host.mjs`, which runs the built library. */
export function startHost({ node, ...options }: HostOptions): Host {
  const child = spawn(node ?? process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Said[] = [];
  const waiting = new Set<() => void>();
  const ended = once(child, 'exit');
  const closed = once(child, 'close');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let isOver = false;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    said.push(...lines.map((line) => JSON.parse(line) as Said));
    for (const wake of waiting) wake();
  });
  // Not `exit`: lines may still be on their way.
  void once(child.stdout, 'close').then(() => {
    isOver = true;
    for (const wake of waiting) wake();
  });
  return {
    process: child,
    said,
    async until(fits) {
      for (;;) {
        const found = said.find(fits);
        if (found !== undefined || isOver) return found;
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    async complaints() {
      await closed;
      return errors;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
