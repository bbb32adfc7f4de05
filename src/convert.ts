import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrainerError } from './core/errors.ts';
import { fileErrorWords } from './core/helpers/file-error-words.ts';
import { readModelFile } from './core/read-model-file.ts';
import type { Conversion, Precision } from './tools/convert/convert-model.ts';
import type { Table } from './tools/data/table.ts';

export type { Conversion, Precision };

/** Options of {@link convert}. */
export interface ConvertOptions {
  /** Labelled or unlabelled rows with the model's columns: they calibrate int8, and both files are compared on them. @default made-up records */
  readonly data?: string | URL;
}

/**
 * Keeps the weights of a saved model as float16 or int8, and proves the result against the file it was made of.
 *
 * @param source - a path, a file URL, or the bytes
 * @throws {TrainerError} MODEL_UNSUPPORTED where it makes no sense, with the measured sizes; MODEL_INVALID, MODEL_SIGNATURE,
 * RECORD_INVALID, DATA_NOT_FOUND, PEER_MISSING
 * @example
 * const { bytes, maxDifference } = await convert('churn.onnx', 'float16', { data: 'recent.csv' });
 */
export async function convert(
  source: string | URL | Uint8Array,
  precision: Precision,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const bytes = source instanceof Uint8Array ? source : await readModelFile(source);
  const [{ convertModel }, { onnxBackend }] = await Promise.all([
    import('./tools/convert/convert-model.ts'),
    import('./backends/onnx/onnx-backend.ts'),
  ]);
  const rows = options.data === undefined ? {} : { rows: await readRows(options.data) };
  return convertModel(bytes, precision, { backend: onnxBackend(), ...rows });
}

async function readRows(data: string | URL): Promise<Table> {
  const { readTable } = await import('./tools/data/read-table.ts');
  const path = typeof data === 'string' ? data : fileURLToPath(data);
  return (await readTable({ kind: 'file', path }, { maxBytes: Number.POSITIVE_INFINITY })).table;
}

/**
 * A saved model as one module without imports, for linear models, trees and dense networks.
 *
 * @throws {TrainerError} MODEL_UNSUPPORTED, MODEL_INVALID, MODEL_SIGNATURE
 * @example
 * await writeFile('churn.ts', await convertToModule('churn.onnx', 'typescript'));
 */
export async function convertToModule(
  source: string | URL | Uint8Array,
  language: 'javascript' | 'typescript' = 'javascript',
): Promise<string> {
  const bytes = source instanceof Uint8Array ? source : await readModelFile(source);
  const { moduleText } = await import('./tools/convert/module-text.ts');
  return moduleText(bytes, language);
}

/**
 * Writes a folder that predicts in a browser: the model, a module, a page, and the runtime of `onnxruntime-web` where that package
 * is installed.
 *
 * @returns the names of the runtime's files that are still to be copied; none where the folder is complete
 * @throws {TrainerError} MODEL_INVALID, MODEL_SIGNATURE, STORE_FAILED
 */
export async function convertToBrowser(source: string | URL | Uint8Array, folder: string): Promise<readonly string[]> {
  const bytes = source instanceof Uint8Array ? source : await readModelFile(source);
  const [{ browserFolder, browserRuntimeFiles }, { saveFile }] = await Promise.all([
    import('./tools/convert/browser-folder.ts'),
    import('./tools/artefact/save-file.ts'),
  ]);
  const files = browserFolder(bytes);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new TrainerError('STORE_FAILED', `Could not make the folder ${folder}: ${fileErrorWords(cause)}.`, {
      cause,
      details: { folder },
    });
  }
  const encoder = new TextEncoder();
  for (const [name, content] of Object.entries(files))
    await saveFile(join(folder, name), typeof content === 'string' ? encoder.encode(content) : content);
  const runtime = await runtimeFolder();
  if (runtime === undefined) return browserRuntimeFiles;
  const missing: string[] = [];
  for (const name of browserRuntimeFiles) {
    await copyFile(join(runtime, name), join(folder, name)).catch(() => missing.push(name));
  }
  return missing;
}

/** Where the host's own copy of onnxruntime-web keeps its files. */
async function runtimeFolder(): Promise<string | undefined> {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const found = dirname(createRequire(from).resolve('onnxruntime-web/wasm'));
      await readFile(resolve(found, 'ort-wasm-simd-threaded.mjs'));
      return found;
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}
