import { TrainerError } from '../../core/errors.ts';
import type { SourceFormat } from './read-report.ts';

const magic: readonly (readonly [bytes: string, what: string])[] = [
  ['89504e470d0a1a0a', 'a PNG image'],
  ['ffd8ff', 'a JPEG image'],
  ['474946383761', 'a GIF image'],
  ['474946383961', 'a GIF image'],
  ['424d', 'a bitmap image'],
  ['49492a00', 'a TIFF image'],
  ['4d4d002a', 'a TIFF image'],
  ['25504446', 'a PDF document'],
  ['504b0304', 'a ZIP archive or an Office document (.xlsx)'],
  ['504b0506', 'an empty ZIP archive'],
  ['d0cf11e0a1b11ae1', 'an old Office document (.xls)'],
  ['1f8b', 'a gzip file'],
  ['28b52ffd', 'a Zstandard file'],
  ['425a68', 'a bzip2 file'],
  ['fd377a585a00', 'an xz file'],
  ['377abcaf271c', 'a 7-Zip archive'],
  ['53514c69746520666f726d6174203300', 'an SQLite database'],
  ['4152524f5731', 'an Arrow file'],
  ['4f626a01', 'an Avro file'],
  ['4f5243', 'an ORC file'],
  ['894844460d0a1a0a', 'an HDF5 file'],
  ['7f454c46', 'a program'],
  ['4d5a9000', 'a program'],
  ['52494646', 'a RIFF file (sound, video or WebP image)'],
  ['4f676753', 'an Ogg file'],
  ['494433', 'an MP3 file'],
  ['664c6143', 'a FLAC file'],
];

/**
 * Finds the format from the first bytes, and only then from the name.
 *
 * @throws {TrainerError} DATA_FORMAT where the content is none that can be read, whatever the name says.
 */
export function detectFormat(head: Uint8Array, path: string): Exclude<SourceFormat, 'records'> {
  if (startsWith(head, '50415231')) return 'parquet';
  const isUtf16 = startsWith(head, 'fffe') || startsWith(head, 'feff');
  for (const [bytes, what] of magic) {
    // Two and three bytes could also be the start of a text.
    const isCertain = bytes.length > 6 || hasControls(head);
    if (!isUtf16 && startsWith(head, bytes) && isCertain) throw notATable(what);
  }
  if (!isUtf16 && hasControls(head) && !looksLikeUtf16(head)) throw notATable('binary data');
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  const text = new TextDecoder()
    .decode(head)
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('[') && (/^\[\s*(?:\{|\[|\]|$)/.test(text) || extension === 'json')) return 'json';
  if (text.startsWith('{')) {
    const line = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n')).trim();
    if (line.endsWith('}') && (isJson(line) || line.length > 1000)) {
      const isOneLine = text.trimEnd().length === line.length;
      return extension === 'json' || (isOneLine && extension !== 'ndjson' && extension !== 'jsonl') ? 'json' : 'ndjson';
    }
    if (/^\{\s*(?:"|\}|$)/.test(text)) return extension === 'ndjson' || extension === 'jsonl' ? 'ndjson' : 'json';
  }
  if (text !== '' && (extension === 'ndjson' || extension === 'jsonl')) return 'ndjson';
  if (text !== '' && extension === 'json') return 'json';
  return 'csv';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function startsWith(head: Uint8Array, hex: string): boolean {
  return Buffer.from(head.subarray(0, hex.length / 2)).toString('hex') === hex;
}

/** More control characters than a text with a few strange cells has. */
function hasControls(head: Uint8Array): boolean {
  let controls = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++;
  return controls > head.length / 20;
}

function looksLikeUtf16(head: Uint8Array): boolean {
  let [even, odd] = [0, 0];
  for (const [index, byte] of head.subarray(0, 4096).entries()) {
    if (byte !== 0) continue;
    if (index % 2 === 0) even++;
    else odd++;
  }
  const most = Math.min(head.length, 4096) * 0.15;
  return even > most !== odd > most;
}

function notATable(what: string): TrainerError {
  return new TrainerError(
    'DATA_FORMAT',
    `Expected a table (CSV, TSV, JSON, NDJSON or Parquet), got ${what}. The name of a file does not count, its content ` +
      'does: export the table to one of these formats.',
    { details: { found: what } },
  );
}
