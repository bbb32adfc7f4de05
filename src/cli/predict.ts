import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { fileErrorWords } from '../core/helpers/file-error-words.ts';
import { isFormula } from '../tools/serve/predictions-csv.ts';
import { type Command, oneOf } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import { UsageError } from './usage-error.ts';

/** `traineragent predict`. */
export const predictCommand: Command = {
  name: 'predict',
  usage: 'MODEL --data FILE [options]',
  about: 'Predict every row of a data file.',
  options: {
    data: { type: 'string', value: 'FILE', about: 'CSV, TSV, JSON, NDJSON or Parquet. Required.' },
    out: { type: 'string', value: 'FILE', about: 'Where to write. Default: stdout.' },
    format: { type: 'string', value: 'NAME', about: 'csv or ndjson. Default: by the name of --out, else csv.' },
  },
  notes: [
    'One line a row, in the order of the data. CSV columns: prediction, probability_<class>, low, high.',
    'CSV and NDJSON are predicted as they are read, in memory that does not grow. Rows that can not be read are told, with their numbers.',
  ],
  async run(args, io, services) {
    const data = args.text('data');
    if (data === undefined) throw new UsageError('Expected --data FILE, got none.');
    const out = args.text('out');
    const format =
      oneOf(args, 'format', ['csv', 'ndjson']) ?? (/\.(ndjson|jsonl)$/i.test(out ?? '') ? 'ndjson' : 'csv');
    const model = await services.loadModel(resolve(io.cwd, args.positionals[0] ?? ''));
    const stopped = new AbortController();
    const forget = io.onSignal((signal) => stopped.abort(new TrainerError('RUN_ABORTED', `Stopped by ${signal}.`)));
    try {
      const { signature } = model;
      const options = { format, signal: stopped.signal };
      const { text, told } = await services.predictFile(resolve(io.cwd, data), model, options);
      if (out === undefined) await writeAll(io.stdout, text);
      else await writeFileOf(resolve(io.cwd, out), text);
      const { count, setAside } = told();
      io.stderr.write(`${count} predictions${out === undefined ? '' : ` in ${safeText(out)}`}.\n`);
      for (const { reason, count: rows, rows: first } of setAside) {
        io.stderr.write(
          `Note: ${rows} row(s) could not be read (${safeText(reason)}) and have no prediction: row ${first.join(', ')}${rows > first.length ? ', …' : ''}.\n`,
        );
      }
      const risky = signature.output.kind === 'classification' ? signature.output.classes.filter(isFormula) : [];
      if (format === 'csv' && risky.length > 0) {
        io.stderr.write(
          `Note: ${risky.length} class label(s) begin with a character that spreadsheets take for a formula; import the file as text there.\n`,
        );
      }
    } finally {
      forget();
      await model.close();
    }
    return exitCodes.complete;
  },
};

/** A chunk is not touched again before it is written: its bytes are those of the next one too. */
async function writeAll(stream: NodeJS.WritableStream, chunks: AsyncIterable<Uint8Array | string>): Promise<void> {
  for await (const chunk of chunks) {
    await new Promise<void>((done, failed) => {
      stream.write(chunk, (error) => (error ? failed(error) : done()));
    });
  }
}

async function writeFileOf(path: string, chunks: AsyncIterable<Uint8Array | string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const stream = createWriteStream(temporary);
  const failed = once(stream, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => undefined);
  try {
    await Promise.race([once(stream, 'open'), failed]);
    await Promise.race([writeAll(stream, chunks), failed]);
    stream.end();
    await Promise.race([once(stream, 'finish'), failed]);
    await rename(temporary, path);
  } catch (cause) {
    stream.destroy();
    await rm(temporary, { force: true }).catch(() => undefined);
    if (TrainerError.isInstance(cause)) throw cause;
    throw new TrainerError('STORE_FAILED', `Could not write ${path}: ${fileErrorWords(cause)}.`, {
      cause,
      details: { path },
    });
  }
}
