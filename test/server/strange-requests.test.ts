import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from 'traineragent/serve';
import { afterEach, expect, it, vi } from 'vitest';
import { type ProblemCode, problemTable } from '../../src/tools/serve/problems.ts';
import { watchedFile } from './sample-service.ts';

const answered = vi.hoisted((): Set<string> => new Set());
vi.mock('../../src/tools/serve/problems.ts', async (original) => {
  const module = await original<typeof import('../../src/tools/serve/problems.ts')>();
  return {
    ...module,
    problemJson: (...args: Parameters<typeof module.problemJson>) => {
      answered.add(args[0]);
      return module.problemJson(...args);
    },
  };
});

/** What is not rehearsed, and why not. */
const left: Partial<Record<ProblemCode, string>> = {
  LABEL_INVALID: 'a rehearsal must not move labels, so it has no such route',
  LABEL_FAILED: 'a rehearsal must not move labels, so it has no such route',
  OUTCOME_INVALID: 'a rehearsal must not add outcomes, so it has no such route',
  REQUEST_TIMEOUT: 'it would take as long as a request may',
  BUSY: 'it would take an overload',
  PREDICT_FAILED: 'it would take a process that crashes',
  EXPLAIN_UNSUPPORTED: 'a model that explains would start a process for it',
  NOT_READY: 'it is ready by then',
};

afterEach(() => vi.restoreAllMocks());

/** Any name may be asked for where keys are, and nobody has a key where there are none. */
const leftWithKeys: readonly ProblemCode[] = ['HOST_NOT_ALLOWED'];
const leftWithoutKeys: readonly ProblemCode[] = ['KEY_MISSING', 'KEY_INVALID', 'SCOPE_MISSING'];

// Fails with a code of the table that no strange request leads to, and with strange requests that are not sent.
it.each([
  ['with keys', true],
  ['without keys', false],
])(
  '%s every kind of refusal is rehearsed before a service listens, and none of it is counted, logged or kept',
  async (_what, hasKeys) => {
    // A rehearsal ends early on a slow machine; here it goes to its end.
    vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 0, system: 0 });
    const folder = await mkdtemp(join(tmpdir(), 'traineragent-strange-'));
    const { key, stored } = createApiKey('reader', ['admin']);
    const told = { log: vi.fn(), onPrediction: vi.fn(), onDrift: vi.fn() };
    try {
      vi.resetModules();
      // One process rehearses once; this is another as far as its modules know.
      const { createService } = await import('traineragent/serve');
      const keys = hasKeys ? { keys: [stored] } : {};
      const service = await createService(await watchedFile(), { ...keys, outcomes: { folder }, ...told });
      const kept = async () =>
        Object.fromEntries(
          await Promise.all(
            (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
          ),
        );
      const before = await kept();
      answered.clear();
      await using server = await service.listen();
      const codes = Object.keys(problemTable) as ProblemCode[];
      expect(codes.filter((code) => !answered.has(code)).sort()).toEqual(
        [...Object.keys(left), ...(hasKeys ? leftWithKeys : leftWithoutKeys)].sort(),
      );

      for (const spy of Object.values(told)) expect(spy).not.toHaveBeenCalled();
      expect(await kept()).toEqual(before);
      const get = async (path: string) =>
        (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${key}` } })).text();
      const metrics = await get('/metrics');
      expect(metrics).not.toMatch(/^traineragent_(requests_total|rejected_total)\{/m);
      expect(metrics).toMatch(/^traineragent_batch_rows_count 0$/m);
      expect(metrics).toMatch(/^traineragent_waiting_predictions 0$/m);
      expect(JSON.parse(await get('/v1/scores'))).toEqual({ waiting: 0, scores: [] });
      expect(told.log).toHaveBeenCalledTimes(2);
      if (!hasKeys) return;
      const { versions } = JSON.parse(await get('/v1/drift')) as { versions: { pending: number }[] };
      expect(versions.map(({ pending }) => pending)).toEqual([0]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
