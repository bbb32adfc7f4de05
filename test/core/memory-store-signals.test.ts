import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const library = new URL('../../dist/index.js', import.meta.url).href;
let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'traineragent-signals-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A host that has a run in a memory store; resolves when the run's folder is there. */
async function host(more = ''): Promise<ChildProcess> {
  const code = `import { memoryStore } from ${JSON.stringify(library)};
    ${more}
    await memoryStore().create('a');
    console.log('made');
    setInterval(() => undefined, 1000);`;
  child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, TMPDIR: folder, TEMP: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  expect(readdirSync(folder)).not.toEqual([]);
  return child;
}

describe('the folder of a memory store', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'goes with a process that ends by %s, which it still ends by',
    async (signal) => {
      const process_ = await host();
      process_.kill(signal);
      expect(await once(process_, 'exit')).toEqual([null, signal]);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('stays with a host that hears a signal itself, until it exits', async () => {
    const process_ = await host(
      `process.once('SIGTERM', () => { console.log('heard'); setTimeout(() => process.exit(7), 50); });`,
    );
    process_.kill('SIGTERM');
    await once(process_.stdout!, 'data');
    expect(await once(process_, 'exit')).toEqual([7, null]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a killed process is removed by the next, and that of a living one is not', async () => {
    const killed = await host();
    const [left] = readdirSync(folder);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(existsSync(join(folder, left!))).toBe(true);
    const first = await host();
    expect(readdirSync(folder)).not.toContain(left);
    const [living] = readdirSync(folder);
    const second = await host();
    expect(readdirSync(folder)).toContain(living);
    expect(readdirSync(folder)).toHaveLength(2);
    first.kill('SIGKILL');
    second.kill('SIGKILL');
  });
});
