import { execFile } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stop } from '../../src/index.ts';
import { complete, csvOf, failureOf, finished, outcomeOf, quickRequest, sampleRows } from './sample.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bad-data-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const rows = sampleRows();
const csv = csvOf(rows);
const lines = csv.trimEnd().split('\n');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const mark = Buffer.from([0xef, 0xbb, 0xbf]);

describe('A file that can be no table is a typed error that says what was found and what to do', () => {
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(2000, 7)]);
  it.each([
    [
      'an empty file',
      '',
      'DATA_EMPTY',
      /^Expected a table in .*, got an empty file\. Check that it was written to its end\.$/,
    ],
    [
      'white space alone',
      '\n \n\n',
      'DATA_EMPTY',
      /^Expected a header and rows, got a file of white space\. Check that it was written to its end\.$/,
    ],
    [
      'a header alone',
      'x,y,label\n',
      'DATA_EMPTY',
      /^Expected rows of data, got a header of 3 columns and nothing below/,
    ],
    [
      'mostly ragged rows',
      lines.map((line, i) => (i % 3 === 0 ? line : `${line}${',1'.repeat((i % 5) + 1)}`)).join('\n'),
      'DATA_FORMAT',
      /^Expected rows of 4 fields, got another number of fields in 80 of 120 rows \(the first: data row 1\)/,
    ],
    ['an image named .csv', png, 'DATA_FORMAT', /^Expected a table .*, got a PNG image\..* export the table/],
    ['NUL bytes alone', Buffer.alloc(5000), 'DATA_FORMAT', /^Expected a table .*, got binary data\./],
    [
      'a mark of UTF-8 before bytes that are none',
      Buffer.concat([mark, latin1(csv.replaceAll('red', 'rötlich'))]),
      'DATA_ENCODING',
      /^Expected UTF-8, got 40 bytes that are none/,
    ],
  ])('%s', async (what, content, code, message) => {
    const data = written(`${what.replaceAll(' ', '-')}.csv`, content);
    const failure = await failureOf(quickRequest({ data }));
    expect(failure).toEqual({ code, message: expect.stringMatching(message) });
  });

  it('says that a field of 100 MB is too large, without reading it into memory', async () => {
    const path = join(folder, 'field.csv');
    const file = openSync(path, 'w');
    writeSync(file, 'x,label\n1,yes\n"');
    const piece = Buffer.alloc(1 << 20, 97);
    for (let i = 0; i < 100; i++) writeSync(file, piece);
    writeSync(file, '",no\n');
    closeSync(file);
    expect(await failureOf(quickRequest({ data: path }))).toEqual({
      code: 'DATA_TOO_WIDE',
      message: expect.stringMatching(/^Row 2 has more than 67108864 bytes \(64 MiB\).*a quote that is never closed/),
    });
  });

  it('says that a folder is no file', async () => {
    const path = join(folder, 'folder.csv');
    mkdirSync(path);
    expect(await failureOf(quickRequest({ data: path }))).toEqual({
      code: 'DATA_NOT_READABLE',
      message: `Expected a readable file at ${path}, got a folder. Check its permissions, and that it is a file.`,
    });
  });

  it('says that a file is not there, and where it looked', async () => {
    const path = join(folder, 'nothing.csv');
    expect(await failureOf(quickRequest({ data: path }))).toEqual({
      code: 'DATA_NOT_FOUND',
      message: `Expected a data file at ${path}, got nothing there. Check the path; it is taken from ${process.cwd()}.`,
    });
  });

  it('says that a file may not be read', async () => {
    const path = written('secret.csv', csv);
    chmodSync(path, 0o000);
    chmodSync(folder, 0o755);
    // Root may read anything, so that the run is made by a process that gives root up first.
    const script = `
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      const { Trainer } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
      const run = new Trainer().run({ prompt: 'Predict the label', data: ${JSON.stringify(path)} });
      await run.result.catch(({ code, message }) => console.log(JSON.stringify({ code, message })));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: process.env.PATH, TMPDIR: tmpdir() },
    });
    expect(JSON.parse(stdout)).toEqual({
      code: 'DATA_NOT_READABLE',
      message: `Expected a readable file at ${path}, got no permission. Check its permissions, and that it is a file.`,
    });
  });
});

describe('A table that nothing can be learned from is declined with the reason', () => {
  it.each([
    [
      'one column',
      csvOf(rows.map(({ label }) => ({ label }))),
      'NO_TARGET',
      /^The data have 1 column and none can be predicted/,
    ],
    ['one class', csv.replaceAll('yes', 'no'), 'ONE_CLASS', /^Every row has the same value of "label"\./],
    [
      'few rows',
      lines.slice(0, 15).join('\n'),
      'TOO_FEW_ROWS',
      /^There are 14 rows with a value of "label"; at least 20/,
    ],
    [
      'no value of the target',
      lines.map((line, i) => (i === 0 ? line : line.replace(/[a-z]+$/, ''))).join('\n'),
      'TOO_FEW_ROWS',
      /^There are no rows with a value of "label"/,
    ],
  ])('%s', async (what, content, code, message) => {
    const outcome = await outcomeOf(quickRequest({ data: written(`${what}.csv`, content) }));
    expect(outcome.status).toBe('declined');
    const reason = outcome.facts.verdict.reasons.find((found) => found.code === code);
    expect(reason?.message).toMatch(message);
    expect(reason?.message).toMatch(/What can be done: /);
    expect(outcome.facts.verdict.kind).toBe('reject');
  });
});

describe('A table with faults is read, and every fault is told and counted', () => {
  const nameOf = (what: string) => `${what.replaceAll(' ', '-')}.csv`;
  const trained = async (what: string, content: string | Uint8Array) => {
    const outcome = complete(await outcomeOf(quickRequest({ data: written(nameOf(what), content) })));
    const { data } = outcome.facts;
    return { outcome, data: data!, notes: data!.steps.map((step) => step.what) };
  };

  /** As far as the choice of columns, which is enough to see what was read. */
  const readOnly = async (what: string, content: string | Uint8Array) => {
    const request = quickRequest({ data: written(nameOf(what), content) });
    const { outcome } = await finished(request, {}, (trainer) => trainer.decide('data.columns', () => stop()));
    const data = outcome!.facts.data!;
    return { outcome: outcome!, data, notes: data.steps.map((step) => step.what) };
  };

  it('sets ragged rows aside by reason', async () => {
    const ragged = lines.map((line, i) =>
      i % 10 === 3 ? `${line},extra` : i % 10 === 5 ? line.split(',').slice(0, 2).join(',') : line,
    );
    const { data } = await readOnly('ragged', ragged.join('\n'));
    expect(data.setAside).toEqual([
      { reason: 'fewer fields than the header', count: 12, record: '#2' },
      { reason: 'more fields than the header', count: 12, record: '#2' },
    ]);
    expect([data.rowsRead, data.rowsUsed]).toEqual([120, 96]);
  });

  it.each([
    [
      'Latin 1',
      latin1(csv.replaceAll('red', 'rötlich').replace('colour', 'größe')),
      'The file was read as windows-1252.',
      'größe',
    ],
    [
      'UTF-16',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csv, 'utf16le')]),
      'The file was read as utf-16le.',
      'colour',
    ],
  ])('reads %s and says so', async (what, content, note, column) => {
    const { data, notes } = await readOnly(what, content);
    expect(notes).toContain(note);
    expect(data.columns.map(({ name }) => name)).toEqual(['x', 'y', column, 'label']);
  });

  it('takes a byte order mark for what it is', async () => {
    const { data } = await readOnly('mark', Buffer.concat([mark, Buffer.from(csv)]));
    expect(data.columns.map(({ name }) => name)).toEqual(['x', 'y', 'colour', 'label']);
  });

  it('keeps NUL bytes in their cells, counts them, and predicts with them', async () => {
    const { outcome, notes } = await trained('nul', csv.replaceAll('red', 'r\0ed'));
    expect(notes).toContain('40 NUL bytes were kept in their cells.');
    const [answer] = await outcome.model.predict([{ x: 9, y: 9, colour: 'r\0ed' }]);
    expect(answer?.prediction).toBe('yes');
  });

  it('counts no NUL byte where the last row has no line end', async () => {
    const { notes } = await readOnly('no line end', csv.trimEnd());
    expect(notes).toEqual([]);
  });

  it('gives a header that comes twice another name', async () => {
    const { data, notes } = await readOnly('twice', csv.replace('x,y,colour', 'x,x,colour'));
    expect(notes).toContain('The header "x" was renamed "x_2".');
    expect(data.columns.map(({ name }) => name)).toEqual(['x', 'x_2', 'colour', 'label']);
  });

  it('treats __proto__, constructor and toString as names like any other', async () => {
    const { outcome } = await trained('proto', csv.replace('x,y,colour', '__proto__,constructor,toString'));
    const record = JSON.parse('{ "__proto__": 9, "constructor": 9, "toString": "red" }') as Record<string, unknown>;
    const [answer] = await outcome.model.predict([record]);
    expect(answer?.prediction).toBe('yes');
    expect(outcome.facts.importances.map(({ column }) => column)).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('keeps formulas and control characters as texts, and shows none of them raw', async () => {
    const strange = csv
      .replaceAll('blue', '\u0007bl\u001b[31mue')
      .replaceAll('red', '"=HYPERLINK(""http://x"",""<script>"")"');
    const { outcome, data } = await trained('strange', strange.replace('colour', '<b>colour\u001b[31m</b>'));
    expect(data.columns.map(({ role }) => role)).toEqual(['input', 'input', 'input', 'target']);
    const [answer] = await outcome.model.predict([
      { x: 9, y: 9, '<b>colour\u001b[31m</b>': '=HYPERLINK("http://x","<script>")' },
    ]);
    expect(answer?.prediction).toBe('yes');
    const html = await outcome.report();
    expect(html).not.toContain('<b>colour');
    expect(html).not.toContain('<script');
    expect(html).not.toContain('\u001b');
  });

  it('does not guess dates whose order is mixed', async () => {
    const two = (value: number) => String(value).padStart(2, '0');
    const dated = rows.map((row, i) => {
      const [day, month] = [two((i % 28) + 1), two((i % 12) + 1)];
      return { ...row, day: i % 2 === 0 ? `${day}/${month}/2024` : `${month}/${day}/2024` };
    });
    const { notes, data } = await readOnly('dates', csvOf(dated));
    expect(notes).toContain(
      '"day": dates with the day first and with the month first are mixed, so they are not read as dates',
    );
    expect(data.columns.at(-1)).toMatchObject({ name: 'day', kind: 'text' });
  });

  it('sets rows without a target aside and counts them', async () => {
    const holes = lines.map((line, i) => (i > 0 && i % 7 === 0 ? line.replace(/[a-z]+$/, '') : line)).join('\n');
    const { outcome, data } = await trained('holes', holes);
    expect(data.setAside).toEqual([
      { reason: 'no value of the target', count: 17, record: expect.stringMatching(/^#\d+$/) },
    ]);
    expect(outcome.facts.split!.trainRows + outcome.facts.split!.vaultRows).toBe(103);
    expect(outcome.facts.verdict.reasons).toContainEqual(
      expect.objectContaining({ code: 'TARGET_MISSING', evidence: { target: 'label', rows: 17 } }),
    );
  });

  it('reads numbers that are written as texts', async () => {
    const priced = rows.map((row) => ({ ...row, x: `"${(row.x * 1000).toLocaleString('en')}.50 €"` }));
    const { outcome, data } = await trained('priced', csvOf(priced));
    expect(data.columns[0]).toMatchObject({ name: 'x', kind: 'number', role: 'input' });
    const answers = await outcome.model.predict([
      { x: '9,000.50 €', y: 9, colour: 'red' },
      { x: '10.50 €', y: 1, colour: 'red' },
    ]);
    expect(answers.map(({ prediction }) => prediction)).toEqual(['yes', 'no']);
  });

  it('reads 10,000 columns', async () => {
    const width = 9997;
    const names = Array.from({ length: width }, (_, j) => `c${j}`).join(',');
    const wide = lines.map((line, i) =>
      i === 0
        ? `${line},${names}`
        : `${line},${Array.from({ length: width }, (_, j) => (i * 31 + j * j * (i % 7)) % 17).join(',')}`,
    );
    const content = wide.slice(0, 31).join('\n');
    const { data } = await readOnly('wide', content);
    expect(data.columns.length).toBe(10_001);
    if (process.env.TRAINERAGENT_LONG !== '1') return; // training on them takes ten seconds and more
    const { verdict } = (await outcomeOf(quickRequest({ data: written('wide.csv', content) }))).facts;
    if (verdict.kind === 'reject') expect(verdict.reasons.map(({ code }) => code)).toContain('NO_SIGNAL');
  });
});
