import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { systemServices } from '../../src/cli/system-services.ts';
import { writeOutputs } from '../../src/cli/write-outputs.ts';
import { runFolder } from '../../src/core/file-store.ts';
import { canonicalJson, type Json } from '../../src/core/helpers/canonical-json.ts';
import { sha256 } from '../../src/core/helpers/hash.ts';
import type { JournalRecord } from '../../src/core/journal-record.ts';
import { readJournal } from '../../src/core/run-folder.ts';
import { type RunRequest, Trainer } from '../../src/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';
import { fakeIo } from '../cli/fakes.ts';
import { quickRequest, sampleRows } from '../e2e/sample.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-verify-'));
  await made('good', quickRequest({ data: sampleRows(200) }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes a run with its files, as `train --out` does. */
async function made(name: string, request: RunRequest): Promise<void> {
  const outcome = await new Trainer({ store: runFolder(join(folder, name, 'run')) }).run(request).result;
  await writeOutputs(outcome, join(folder, name));
}

/** A copy of the good run, to be altered. */
async function copy(name: string): Promise<string> {
  await cp(join(folder, 'good'), join(folder, name), { recursive: true });
  return join(folder, name);
}

const verify = (name: string) => verifyRun(join(folder, name, 'run'), { outputs: join(folder, name) });
const failed = async (name: string) => (await verify(name)).filter(({ ok }) => !ok);
const records = async (name: string) => readJournal(await readFile(join(folder, name, 'run/journal.jsonl'))).records;

/** Writes a journal with right checksums: somebody who knows how has changed it. */
async function rewrite(name: string, change: (body: Json, record: JournalRecord) => Json): Promise<void> {
  let last = '';
  const lines = (await records(name)).map((record) => {
    const body = canonicalJson(change(JSON.parse(canonicalJson(record.body)) as Json, record));
    last = sha256(`${last}\n${record.record}\n${body}`).slice(0, 32);
    return `{"record":${record.record},"sum":"${last}","body":${body}}\n`;
  });
  await writeFile(join(folder, name, 'run/journal.jsonl'), lines.join(''));
}

describe('verifyRun', () => {
  it('finds every number of a good run as it was reported, and changes nothing', async () => {
    const before = await readFile(join(folder, 'good/run/vault-reads.txt'), 'utf8');
    const checks = await verify('good');
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const names = checks.map(({ name }) => name).join('\n');
    for (const part of [
      /^journal$/m,
      /^blobs as they were stored$/m,
      /^data\.split split \(#\d+\) vaultRows$/m,
      /^model\.search trial 1 of linear \(#\d+\) score$/m,
      /^model\.decide decide \(#\d+\) scores\[0\]\.value$/m,
      /^model\.freeze freeze \(#\d+\) model$/m,
      /^model\.evaluate evaluate \(#\d+\) scores\[0\]\.low$/m,
      /^messages follow from the records$/m,
      /^model\.onnx SHA-256$/m,
      /^card\.json scores\[0\]\.value$/m,
      /^card\.json resources\.latencyMs\.p99$/m,
      /^card\.md$/m,
      /^report\.html$/m,
    ])
      expect(names).toMatch(part);
    expect(await readFile(join(folder, 'good/run/vault-reads.txt'), 'utf8')).toBe(before);
    expect(await verify('good')).toEqual(checks);
  });

  it('finds an altered model file', async () => {
    const path = join(await copy('model'), 'model.onnx');
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    expect((await failed('model')).map(({ name }) => name)).toEqual(['model.onnx SHA-256']);
  });

  it('finds a model file that is gone', async () => {
    await rm(join(await copy('no-model'), 'model.onnx'));
    expect((await failed('no-model')).map(({ name }) => name)).toEqual(['model.onnx SHA-256', 'model.onnx bytes']);
  });

  it('finds other numbers in the card, however little they differ', async () => {
    const file = join(await copy('card'), 'card.json');
    const card = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    const paths = ['data.rowsUsed', 'scores[0].value', 'scores[0].low', 'workUnits', 'resources.latencyMs.p99'];
    for (const path of paths) {
      const keys = path.split(/[.[\]]+/);
      let at = card;
      for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
      at[keys.at(-1)!] = (at[keys.at(-1)!] as number) + 1e-9;
    }
    await writeFile(file, JSON.stringify(card));
    const found = await failed('card');
    expect(found.map(({ name }) => name).sort()).toEqual(paths.map((path) => `card.json ${path}`).sort());
    for (const check of found) expect(check.reported).toBeCloseTo(check.found as number, 8);
  });

  it('finds a changed number in the card for people and in the report', async () => {
    await copy('texts');
    for (const name of ['card.md', 'report.html']) {
      const file = join(folder, 'texts', name);
      const text = await readFile(file, 'utf8');
      const at = text.search(/0\.\d\d/);
      expect(at).toBeGreaterThan(0);
      await writeFile(file, `${text.slice(0, at)}7${text.slice(at + 1)}`);
    }
    expect(await failed('texts')).toMatchObject([
      { name: 'card.md', reported: expect.stringContaining('7.'), found: expect.stringContaining('0.') },
      { name: 'report.html', reported: expect.stringContaining('7.'), found: expect.stringContaining('0.') },
    ]);
  });

  it('finds a journal record that was changed, and believes nothing behind it', async () => {
    await copy('record');
    const path = join(folder, 'record/run/journal.jsonl');
    const lines = (await readFile(path, 'utf8')).split('\n');
    const at = lines.findIndex((line) => line.includes('"kind":"call"') && line.includes('"name":"evaluate"'));
    lines[at] = lines[at]!.replace(/"value":0\.\d/, '"value":0.0');
    await writeFile(path, lines.join('\n'));
    expect(await verify('record')).toMatchObject([{ name: `journal record ${at + 1}`, ok: false }]);
  });

  it('finds that the end of a journal was cut off, by the files that only a finished run writes', async () => {
    await copy('ended');
    const path = join(folder, 'ended/run/journal.jsonl');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${lines.slice(0, 12).join('\n')}\n`);
    expect((await verify('ended')).filter(({ ok }) => !ok)).toMatchObject([{ name: 'journal ends' }]);
  });

  it('finds results that were changed by somebody who wrote the checksums anew', async () => {
    await copy('forged');
    await rewrite('forged', (body, { body: { kind } }) => {
      const call = body as { at?: { name: string }; output?: { scores: { value: number }[] } };
      if (kind === 'call' && call.at?.name === 'evaluate') call.output!.scores[0]!.value -= 1e-4;
      return body;
    });
    const names = (await failed('forged')).map(({ name }) => name);
    expect(names).toEqual([
      expect.stringMatching(/^model\.evaluate evaluate \(#\d+\) scores\[0\]\.value$/),
      'messages follow from the records',
    ]);
  });

  it('finds altered blobs: out-of-fold predictions, the blend of them, the vault', async () => {
    await copy('blobs');
    const names: string[] = [];
    for (const [tool, key, role] of [
      ['trial', 'predictions', 'model.search trial'],
      ['decide', 'outOfFold', 'model.decide decide'],
      ['split', 'vault', 'data.split split'],
    ] as const) {
      const call = (await records('blobs')).find(({ body }) => body.kind === 'call' && body.at.name === tool)!;
      const hash = (call.body as { output: Record<string, string> }).output[key]!;
      const path = join(folder, 'blobs/run/blobs', hash);
      const bytes = await readFile(path);
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(path, bytes);
      names.push(`blob ${hash.slice(0, 12)} (${key} of ${role}, #${call.record})`);
    }
    expect((await failed('blobs')).map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  it('finds a blob that is gone by the numbers that were made from it', async () => {
    await copy('gone');
    const call = (await records('gone')).find(({ body }) => body.kind === 'call' && body.at.name === 'trial')!;
    await rm(join(folder, 'gone/run/blobs', (call.body as { output: Record<string, string> }).output.predictions!));
    expect((await failed('gone'))[0]!.name).toBe(`model.search trial 0 of baseline (#${call.record})`);
  });

  it('checks what a run has recorded that was killed', async () => {
    await copy('cut');
    const path = join(folder, 'cut/run/journal.jsonl');
    const text = await readFile(path, 'utf8');
    await truncate(path, text.indexOf('{"record":31') + 40);
    // A run that was killed has written no files.
    for (const name of ['model.onnx', 'card.json', 'card.md', 'report.html']) await rm(join(folder, 'cut', name));
    const checks = await verify('cut');
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ name }) => name).join()).not.toContain('card.json');
  });

  it.each([
    ['regression', quickRequest({ prompt: 'Predict x', data: sampleRows(150) })],
    ['too few rows for a vault', quickRequest({ data: sampleRows(70) })],
    ['declined', quickRequest({ data: sampleRows(12) })],
    ['paused', quickRequest({ prompt: 'Predict the outcome' })],
  ])('holds for a run of another kind: %s', async (name, request) => {
    await made(name, request);
    const checks = await verify(name);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map((check) => check.name)).toContain('report.html');
    if (name.startsWith('too few'))
      expect(checks.map((check) => check.name).join()).toMatch(/nested \(#\d+\) scores\[0\]\.value/);
  });
});

describe('traineragent verify', () => {
  const cli = async (...argv: string[]) => {
    const io = fakeIo(folder);
    const code = await runCli(['verify', ...argv], io, systemServices());
    return { code, out: io.stdout.text, err: io.stderr.text };
  };

  it('ends with code 0 for a good run, also where its folder is that of the journal', async () => {
    const { code, err } = await cli('good');
    expect(err).toMatch(/(\d+) of \1 numbers as reported\.\n$/);
    expect(code).toBe(0);
    expect((await cli('good/run')).code).toBe(0);
  });

  it('ends with code 5 and names the number that differs', async () => {
    const file = join(await copy('told'), 'card.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"trials": ', '"trials": 1'));
    const { code, out, err } = await cli('told', '--json');
    expect(code).toBe(5);
    expect(err).toMatch(/✗ card\.json trials {2}reported 1\d+, found \d+/);
    expect(JSON.parse(out)).toMatchObject({ ok: false });
  });

  it('ends with code 1 where there is no run', async () => {
    const { code, err } = await cli('nowhere');
    expect(err).toContain('[RUN_NOT_FOUND]');
    expect(code).toBe(1);
  });
});
