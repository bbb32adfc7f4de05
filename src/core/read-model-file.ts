import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { TrainerError } from './errors.ts';
import { fileErrorWords } from './helpers/file-error-words.ts';

/**
 * The bytes of a model file.
 *
 * @throws {TrainerError} MODEL_INVALID where there is no file that can be read
 */
export async function readModelFile(source: string | URL): Promise<Uint8Array> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new TrainerError('MODEL_INVALID', `Expected a model file at ${path}, but ${fileErrorWords(cause)}.`, {
      cause,
      details: { path },
    });
  }
}
