import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { profileTable } from '../src/tools/data/profile/profile-table.ts';
import { readTable } from '../src/tools/data/read-table.ts';

// Reads the file once in a process of its own, so that start-up of the compiler counts and memory is this reading's alone.
const [what, path, threads] = process.argv.slice(2) as [string, string, string];
const start = performance.now();
const read = what === 'csv-parse' ? await readByCsvParse(path) : await readByUs(path, what === 'profile');
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024, ...read }));

async function readByUs(file: string, withProfile: boolean): Promise<object> {
  const { table } = await readTable({ kind: 'file', path: file }, {}, { threads: Number(threads) });
  if (withProfile) profileTable(table);
  const age = table.columns.find(({ name }) => name === 'age')!;
  const sum = age.kind === 'number' ? age.values.reduce((all, value) => all + value, 0) : Number.NaN;
  return { rows: table.rowCount, columns: table.columns.length, sum };
}

/** Into the same kinds of columns: numbers and dates as float64, the rest as codes. */
async function readByCsvParse(file: string): Promise<object> {
  const parser = createReadStream(file, { highWaterMark: 1 << 20 }).pipe(parse());
  let header: string[] | undefined;
  let rows = 0;
  const columns: { values: number[]; codes: Map<string, number> }[] = [];
  for await (const record of parser as AsyncIterable<string[]>) {
    if (header === undefined) {
      header = record;
      for (const _ of header) columns.push({ values: [], codes: new Map() });
      continue;
    }
    for (let i = 0; i < record.length; i++) {
      const text = record[i]!;
      const { values, codes } = columns[i]!;
      if (i < 12) values.push(text === '' ? Number.NaN : Number(text));
      else if (i === 16 || i === 17) values.push(Date.parse(text));
      else {
        let code = codes.get(text);
        if (code === undefined) {
          code = codes.size;
          codes.set(text, code);
        }
        values.push(code);
      }
    }
    rows++;
  }
  const age = columns[header!.indexOf('age')]!;
  return { rows, columns: columns.length, sum: age.values.reduce((all, value) => all + value, 0) };
}
