import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/serving.md'), 'utf8');
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap((match) =>
  match[1]!.replaceAll('\\\n', '').trimEnd().split('\n'),
);
const run = promisify(execFile);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'traineragent-walk-'));
  copyFileSync(join(root, 'examples/data/penguins.csv'), join(folder, 'penguins.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
/** Two ports behind one another, below those that the system hands out to connections. */
async function freePorts(): Promise<number> {
  for (let port = 20_000 + 2 * (process.pid % 3000); ; port += 2) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}
const port = await freePorts();
/** Runs a line of the page in a shell, with the command line of this build, at a port of its own. */
const shell = async (line: string): Promise<string> => {
  const own = line.replaceAll('8080', String(port)).replaceAll('8081', String(port + 1));
  const cli = `traineragent() { "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"; }`;
  return (await run('bash', ['-ec', `${cli}\n${own}`], { cwd: folder })).stdout;
};
/** Serves while something is done. */
async function served(line: string, work: (url: string) => Promise<void>): Promise<void> {
  const words = line
    .replace('8080', String(port))
    .replace('8081', String(port + 1))
    .split(' ')
    .slice(1);
  const child = execFile(process.execPath, [join(root, 'dist/cli.js'), ...words, '--workers', '1'], { cwd: folder });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let said = '';
  child.stderr!.on('data', (text: string) => {
    said += text;
  });
  const early = ended.then((code) => Promise.reject(new Error(`The service ended with ${code}: ${said}`)));
  try {
    const url = new Promise<string>((resolve) => child.stdout!.once('data', (text: string) => resolve(text.trim())));
    await Promise.race([early, url.then(work)]);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

it('the page leads from a CSV to a service with two versions, a canary, metrics and a rollback', async () => {
  const queue = [...commands];
  const next = (start: RegExp): string => {
    expect(queue[0]).toMatch(start);
    return queue.shift()!;
  };
  await shell(next(/^traineragent train/));
  await shell(next(/^traineragent key/));
  const key = readFileSync(join(folder, 'shop.key'), 'utf8').trim();
  const serve = next(/^traineragent serve/);
  const curl = next(/^curl/);
  await served(serve, async () => {
    expect(JSON.parse(await shell(curl))).toMatchObject({ predictions: [{ prediction: 'Adelie' }] });
  });

  await shell(next(/^traineragent train/));
  const stable = (await shell(next(/^traineragent promote store out/))).trim();
  const canary = (await shell(next(/^traineragent promote store second/))).trim();
  expect(canary).not.toBe(stable);
  const shown = await shell(next(/^traineragent labels/));
  expect(shown).toContain(`${stable}  stable`);
  expect(shown).toContain(`${canary}  canary 20 %`);

  await shell(next(/^traineragent key keys.json --name ops/));
  const metrics = (await shell('traineragent key keys.json --name prometheus --scope metrics')).trim();
  const line = /`(traineragent serve --store [^`]+)`/.exec(page)![1]!;
  await served(line, async (url) => {
    const predict = (sticky: string) =>
      fetch(`${url}/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-sticky-key': sticky },
        body: '{"bill_length_mm": 39.1}',
      });
    const versionOf = async (sticky: string) => (await predict(sticky)).headers.get('x-model-version');
    const seen = new Set(await Promise.all(Array.from({ length: 60 }, (_, i) => versionOf(`client-${i}`))));
    expect([...seen].sort()).toEqual([stable, canary].sort());
    const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metrics}` } })).text();
    expect(text).toContain('traineragent_requests_total{route="/v1/predict",status="200"} 60');
    expect(text).toContain(`traineragent_label_info{label="canary",version="${canary.slice(0, 12)}"} 1`);

    const until = async (version: string) => {
      for (;;) {
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => versionOf(`client-${i}`)));
        if (answers.every((answer) => answer === version)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    expect((await shell(next(/^traineragent promote store canary/))).trim()).toBe(canary);
    await until(canary);
    expect((await shell(next(/^traineragent rollback/))).trim()).toBe(stable);
    await until(stable);

    // Who may see drift need not be able to predict.
    const records = Array.from({ length: 1000 }, () => ({ island: 'Elsewhere' }));
    await fetch(`${url}/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(records),
    });
    const { versions } = JSON.parse(await shell(next(/^curl .*drift/))) as {
      versions: { version: string; window: { columns: { column: string; alarms: string[] }[] } }[];
    };
    const [watched] = versions.filter(({ version }) => version === stable);
    const alarms = new Map(watched!.window.columns.map(({ column, alarms }) => [column, alarms]));
    expect(alarms.get('island')).toEqual(['distribution', 'unseen']);
    expect(alarms.get('bill_length_mm')).toEqual(['distribution', 'missing']);
  });

  const probed = next(/^traineragent serve .* --health-port/);
  await served(probed, async () => {
    expect(JSON.parse(await shell(next(/^curl .*readyz/)))).toMatchObject({ ready: true });
  });

  copyFileSync(join(folder, 'penguins.csv'), join(folder, 'recent.csv'));
  const sizeOf = (name: string): number => statSync(join(folder, name)).size;
  await shell(next(/^traineragent train .* as a JavaScript module/));
  expect(readFileSync(join(folder, 'forms/model.mjs'), 'utf8')).not.toMatch(/^import /m);
  expect(readdirSync(join(folder, 'forms/browser'))).toEqual(expect.arrayContaining(['index.html', 'model.onnx']));
  await shell(next(/^traineragent convert .* --to float16/));
  await shell(next(/^traineragent convert .* --to int8/));
  expect(Math.max(sizeOf('small.onnx'), sizeOf('smaller.onnx'))).toBeLessThan(sizeOf('out/model.onnx'));
  await shell(next(/^traineragent convert .* --to module/));
  expect(readFileSync(join(folder, 'model.ts'), 'utf8')).not.toMatch(/^import /m);
  await shell(next(/^traineragent convert .* --to browser/));
  expect(readdirSync(join(folder, 'web'))).toContain('index.html');
  expect(await shell(next(/^traineragent deploy/))).toContain('Dockerfile');
  expect(queue).toEqual([]);
}, 240_000);
