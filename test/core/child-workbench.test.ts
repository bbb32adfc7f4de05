import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childWorkbench } from '../../src/core/child-workbench.ts';
import type { Json } from '../../src/core/helpers/canonical-json.ts';
import type { Workbench } from '../../src/core/workbench.ts';

const entry = new URL('./fixtures/child.mjs', import.meta.url);
const settings = { blobs: '/nowhere', sources: {}, cores: 3, learners: [] };

let folder: string;
let bench: Workbench;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-'));
  bench = childWorkbench(settings, entry);
});
afterEach(async () => {
  bench.close();
  await rm(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const echo = async () => (await bench.call('echo', 1, { signal })) as { pid: number };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const started = performance.now(); !condition(); ) {
    if (performance.now() - started > 10_000) throw new Error('Expected a condition to come true within 10 s.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the bench in a child process', () => {
  it('calls tools by name, with the settings of the run, in one process', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    const outputs = await Promise.all(Array.from({ length: 20 }, (_, i) => bench.call('echo', { i }, { signal })));
    expect(outputs.map((output) => (output as { input: Json }).input)).toEqual(outputs.map((_, i) => ({ i })));
    expect(new Set(outputs.map((output) => (output as { pid: number }).pid)).size).toBe(1);
    expect(outputs[0]).toMatchObject({ cores: 3 });
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('tells progress', async () => {
    const told: unknown[] = [];
    await bench.call('progress', null, { signal, onProgress: ({ share, note }) => told.push({ share, note }) });
    expect(told).toEqual([{ share: 0.5, note: 'half' }]);
  });

  it.each([
    [{ code: 'DATA_EMPTY', message: 'No rows.', details: { rows: 0 } }, 'DATA_EMPTY', 'No rows.'],
    [{ code: 'toString', message: 'No rows.', details: null }, 'INTERNAL', 'No rows. Please report it.'],
  ])('gives the error of a tool as it was: %j', async (error, code, message) => {
    await expect(bench.call('fail', error, { signal })).rejects.toMatchObject({
      code,
      message,
      details: error.details ?? {},
    });
    expect((await echo()).pid).toBeGreaterThan(0); // an error of a tool is no end of the process
  });

  it('starts a call once again where its process was killed', async () => {
    const mark = join(folder, 'mark');
    let restarts = 0;
    const beside = echo();
    expect(await bench.call('die-once', { mark }, { signal, onRestart: () => restarts++ })).toBe('second time');
    expect(restarts).toBe(1);
    expect((await beside).pid).toBe(Number(readFileSync(mark, 'utf8')));
    expect((await echo()).pid).not.toBe(Number(readFileSync(mark, 'utf8')));
  });

  it.each([
    ['die', 'SIGKILL', null],
    ['exit', 'exit code 3', 3],
  ])('gives up a call that ends its process twice: %s', async (tool, how, exitCode) => {
    await expect(bench.call(tool, null, { signal })).rejects.toMatchObject({
      code: 'RUN_CHILD_FAILED',
      message: `Expected the process that trains to finish "${tool}", but it ended twice (${how}). If the machine ran out of memory, use fewer rows or columns; then resume the run.`,
      details: { tool, how, exitCode },
    });
    expect((await echo()).pid).toBeGreaterThan(0); // the next call has a new process
  });

  it('gives up where no process can be made at all', async () => {
    const node = process.execPath;
    process.execPath = '/nowhere/node';
    try {
      await expect(bench.call('echo', 1, { signal })).rejects.toMatchObject({
        code: 'RUN_CHILD_FAILED',
        message: expect.stringContaining('but it ended twice (ENOENT)'),
      });
    } finally {
      process.execPath = node;
    }
  });

  it.each(['spin', 'hang'])('ends within 300 ms of an abort, whatever the tool does: %s', async (tool) => {
    const { pid } = await echo();
    const controller = new AbortController();
    const calls = [
      bench.call(tool, { mark: join(folder, 'x') }, { signal: controller.signal }),
      bench.call('hang', { mark: join(folder, 'y') }, { signal: controller.signal }),
    ];
    const settled = Promise.allSettled(calls);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = performance.now();
    controller.abort();
    for (const result of await settled) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'RUN_ABORTED',
          message: 'The run was aborted. What was finished is kept: resume it to go on from there.',
        },
      });
    }
    expect(performance.now() - started).toBeLessThan(300);
    await until(() => !isAlive(pid));
    await expect(bench.call('echo', 1, { signal })).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  });

  it('makes no process for a run that was aborted before', async () => {
    await expect(bench.call('echo', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'RUN_ABORTED' });
  });

  it('leaves no process behind when it is closed', async () => {
    const { pid } = await echo();
    const call = bench.call('hang', { mark: join(folder, 'mark') }, { signal });
    bench.close();
    await expect(call).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    await until(() => !isAlive(pid));
  });

  describe('in a host', () => {
    async function host(body: string) {
      const script = join(folder, 'host.mjs');
      const path = join(import.meta.dirname, '../../src/core/child-workbench.ts');
      buildSync({
        stdin: {
          contents: `import { childWorkbench } from ${JSON.stringify(path)};
            const bench = childWorkbench(${JSON.stringify(settings)}, new URL(${JSON.stringify(entry.href)}));
            const signal = new AbortController().signal;
            ${body}`,
          resolveDir: import.meta.dirname,
        },
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile: script,
      });
      const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout!.on('data', (data) => {
        text += String(data);
      });
      return { child, text: () => text };
    }

    it('does not keep it alive when idle, and ends with it', async () => {
      const { child, text } = await host(`console.log((await bench.call('echo', 1, { signal })).pid);`);
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(0);
      await until(() => !isAlive(Number(text())));
    });

    it('keeps it alive while it works', async () => {
      await writeFile(
        join(folder, 'slow.mjs'),
        readFileSync(entry, 'utf8').replace(
          "if (tool === 'echo') output",
          "if (tool === 'echo') setTimeout(output, 100, 0); else if (tool === '') output",
        ),
      );
      const { child, text } = await host(
        `const slow = childWorkbench(${JSON.stringify(settings)}, new URL(${JSON.stringify(`file://${folder}/slow.mjs`)}));
         slow.call('echo', 1, { signal }).then(() => console.log('done'));`,
      );
      await once(child, 'close');
      expect(text()).toBe('done\n');
    });

    it('ends when it is killed in the middle of a call', async () => {
      const mark = join(folder, 'mark');
      const { child } = await host(`await bench.call('hang', { mark: ${JSON.stringify(mark)} }, { signal });`);
      await until(() => existsSync(mark) && readFileSync(mark, 'utf8') !== '');
      child.kill('SIGKILL');
      await until(() => !isAlive(Number(readFileSync(mark, 'utf8'))));
    });
  });
});
