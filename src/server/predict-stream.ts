import type { PredictedRows } from '../tools/artefact/decode-predictions.ts';
import type { RecordProblem } from '../tools/artefact/encode-records.ts';
import { csvRecords } from '../tools/data/csv/csv-records.ts';
import { readLines } from '../tools/serve/lines.ts';
import { parseJson } from '../tools/serve/parse-json.ts';
import { answer, type Call, chooseVersion, predictionsOf, refuse, refuseBusy, watched } from './call.ts';
import type { ServedVersion } from './served-version.ts';
import { onEnd, type ServiceAnswer, within } from './service-request.ts';

type StreamType = 'application/x-ndjson' | 'text/csv';

/** Rows that go to a worker together: few enough that single records beside them do not wait long. */
const chunkRows = 256;
/** Chunks that are predicted while the next ones are read. */
const chunksAhead = 2;

/** A line of the input: a record, or why it is none. */
type Line = { readonly record: Readonly<Record<string, unknown>> } | { readonly problem: string };

/**
 * Predicts a stream of records, one line of answer for one line of input, in order; a record that can't be predicted has
 * its problem in its line. Nothing is read before its answers are asked for but a few chunks.
 */
export function predictStream(call: Call, from: StreamType, to: StreamType): ServiceAnswer {
  const { context, request } = call;
  const version = chooseVersion(call);
  if (!version.isReady) return refuse(call, 'NOT_READY', { headers: { 'retry-after': '1' } });
  if (context.streams >= context.limits.streams) return refuseBusy(call, 'streams');
  context.streams++;
  const bytes = timed(request.stream(), context.limits.bodyMs);
  const { lineBytes, jsonDepth } = context.limits;
  const lines = from === 'text/csv' ? csvLines(bytes, version, lineBytes) : jsonLines(bytes, lineBytes, jsonDepth);
  const texts = predictLines(call, version, lines, to);
  const body = onEnd(texts, () => {
    context.streams--;
  });
  const type = to === 'text/csv' ? 'text/csv; charset=utf-8' : to;
  return answer(call, body, type, { 'x-model-version': version.version });
}

async function* predictLines(
  call: Call,
  version: ServedVersion,
  lines: AsyncIterable<Line>,
  to: StreamType,
): AsyncGenerator<string> {
  if (to === 'text/csv') yield version.writer.csvHeader;
  const underWay: Promise<string>[] = [];
  let chunk: Line[] = [];
  const start = (): void => {
    const first = call.rows;
    call.rows += chunk.length;
    const texts = predictChunk(call, version, chunk, first, to);
    // It is awaited in its turn; until then its failure is nobody's.
    texts.catch(() => undefined);
    underWay.push(texts);
    chunk = [];
  };
  for await (const line of lines) {
    chunk.push(line);
    if (chunk.length < chunkRows) continue;
    start();
    if (underWay.length >= chunksAhead) yield await underWay.shift()!;
  }
  if (chunk.length > 0) start();
  for (const texts of underWay) yield await texts;
}

async function predictChunk(
  call: Call,
  version: ServedVersion,
  lines: readonly Line[],
  first: number,
  to: StreamType,
): Promise<string> {
  const { writer } = version;
  const problems = new Map<number, string>();
  for (const [i, line] of lines.entries()) if ('problem' in line) problems.set(i, line.problem);
  const place = lines.flatMap((_, i) => (problems.has(i) ? [] : [i]));
  let encoded = version.encode(place.map((i) => (lines[i] as { record: object }).record));
  // A problem is told for its record alone; the others go on without it.
  while (encoded.problems.length > 0) {
    for (const problem of encoded.problems) problems.set(place[problem.record]!, sentence(problem));
    const bad = new Set(encoded.problems.map(({ record }) => record));
    const kept = place.filter((_, at) => !bad.has(at));
    place.splice(0, place.length, ...kept);
    encoded = version.encode(place.map((i) => (lines[i] as { record: object }).record));
  }
  let rows: PredictedRows | undefined;
  let next = 0;
  if (place.length > 0) {
    const done = await version.queue.infer(encoded.tensors, place.length);
    watched(call, version, encoded.tensors, place.length, done);
    rows = predictionsOf(version, done);
    next = done.from;
  }
  let text = '';
  for (let i = 0; i < lines.length; i++) {
    const problem = problems.get(i);
    if (problem !== undefined)
      text += to === 'text/csv' ? writer.csvProblem(problem) : `${JSON.stringify({ problem, record: first + i })}\n`;
    else text += to === 'text/csv' ? writer.csv(rows!, next++) : `${writer.json(rows!, next++)}\n`;
  }
  return text;
}

const sentence = ({ column, problem }: RecordProblem): string =>
  column === undefined ? problem : `${JSON.stringify(column)}: ${problem}`;

async function* jsonLines(bytes: AsyncIterable<Uint8Array>, lineBytes: number, depth: number): AsyncGenerator<Line> {
  for await (const line of readLines(bytes, lineBytes)) {
    if (line === undefined) {
      yield { problem: `the line is longer than ${lineBytes} bytes; nothing after it was read` };
      return;
    }
    if (line.every((byte) => byte === 32 || byte === 9 || byte === 13)) continue;
    const parsed = parseJson(line, depth);
    if ('error' in parsed) yield { problem: 'the line is not valid JSON within the limit of nesting' };
    else if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value))
      yield { problem: 'expected an object by column name' };
    else yield { record: parsed.value as Readonly<Record<string, unknown>> };
  }
}

async function* csvLines(
  bytes: AsyncIterable<Uint8Array>,
  version: ServedVersion,
  lineBytes: number,
): AsyncGenerator<Line> {
  let header: readonly string[] | undefined;
  try {
    for await (const fields of csvRecords(bytes, lineBytes)) {
      if (header === undefined) {
        header = fields;
        const known = new Set(version.signature.inputs.map(({ name }) => name));
        const unknown = header.filter((name) => !known.has(name)).length;
        if (unknown === 0 && new Set(header).size === header.length) continue;
        const why = unknown > 0 ? `${unknown} of its columns are not inputs of the model` : 'a column is there twice';
        yield { problem: `the header does not fit: ${why}; nothing was read` };
        return;
      }
      const names: readonly string[] = header;
      // An empty field is a missing value, as in a file that is trained on.
      yield { record: Object.fromEntries(names.map((name, i) => [name, fields[i] === '' ? null : fields[i]])) };
    }
  } catch {
    yield { problem: 'from here on the text is not valid CSV (RFC 4180); nothing more was read' };
  }
}

/** The same bytes, but a part that does not come in time ends them with an error. */
async function* timed(bytes: AsyncIterable<Uint8Array>, ms: number): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await within(iterator.next(), ms);
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: an iterator that hangs in `next` would not return.
    iterator.return?.()?.catch(() => undefined);
  }
}
