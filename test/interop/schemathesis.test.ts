import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey, createService, type Deployment } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleFile } from '../server/sample-service.ts';
import { storeOf } from '../server/sample-store.ts';

const schemathesis = new URL('../../.venv/bin/schemathesis', import.meta.url).pathname;
const { key, stored } = createApiKey('fuzzer', ['admin']);
let server: Deployment;
let releases: Deployment;
let folder: string;
beforeAll(async () => {
  // 501, the answer where a model cannot explain, would count as a fault of the server.
  const explain = async (records: readonly Readonly<Record<string, unknown>>[]) =>
    records.map(({ tenure }) => ({ contributions: [{ column: 'tenure', value: Number(tenure) / 100 || 0 }] }));
  const service = await createService({ ...(await sampleFile()), explain }, { workers: 1, keys: [stored] });
  server = await service.listen();
  const models = await storeOf([await sampleFile(), await sampleFile('binary', 'trees')]);
  folder = models.folder;
  releases = await (await createService({ store: models.store }, { keys: [stored] })).listen();
});
afterAll(async () => {
  await Promise.all([server.close(), releases.close()]);
  await rm(folder, { recursive: true });
});

/** Sends what fits the page of a service, and what does not. Nothing of the machine or of another run has a part in it. */
async function fuzz(url: string, more: readonly string[] = []): Promise<{ code: number; output: string }> {
  const args = ['run', `${url}/openapi.json`, '-H', `Authorization: Bearer ${key}`, ...more];
  const checks = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';
  const how = ['--checks', checks, '--max-examples', '25', '--phases', 'examples,coverage,fuzzing', '--no-color'];
  const sameEverywhere = ['--seed', '1', '--generation-database', 'none'];
  // How long a busy machine takes is no fault of the service.
  const patient = ['--suppress-health-check', 'all', '--request-timeout', '60', '--wait-for-schema', '60'];
  // It looks for settings in its folder and those above, and keeps what it has found in its folder.
  const cwd = await mkdtemp(join(tmpdir(), 'traineragent-schemathesis-'));
  try {
    return await new Promise((resolve) => {
      execFile(
        schemathesis,
        [...args, ...how, ...sameEverywhere, ...patient],
        { cwd, env: { ...process.env, HYPOTHESIS_STORAGE_DIRECTORY: cwd }, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
      );
    });
  } finally {
    await rm(cwd, { recursive: true });
  }
}

describe('the OpenAPI page', () => {
  it('tells what the service does with whatever fits it, and with what does not', async () => {
    const headers = { authorization: `Bearer ${key}` };
    const { paths } = (await (await fetch(`${server.url}/openapi.json`, { headers })).json()) as {
      paths: Record<string, unknown>;
    };
    expect(Object.keys(paths)).toContain('/v1/predict');
    const { code, output } = await fuzz(server.url);
    expect(code, output.slice(-6000)).toBe(0);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('does so of a store, with its labels and versions', async () => {
    const { code, output } = await fuzz(releases.url, ['--include-path-regex', '^/v1/|/versions/']);
    expect(code, output.slice(-6000)).toBe(0);
    expect(output).toContain('/v1/labels/promote');
    expect((await fetch(`${releases.url}/readyz`)).status).toBe(200);
  });
});
