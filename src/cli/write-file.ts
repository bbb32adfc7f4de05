import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { fileErrorWords } from '../core/helpers/file-error-words.ts';

/**
 * Writes a file so that it is there whole or not at all: under a temporary name beside it, then renamed.
 *
 * @throws {TrainerError} STORE_FAILED
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new TrainerError('STORE_FAILED', `Could not write ${path}: ${fileErrorWords(cause)}.`, {
      cause,
      details: { path },
    });
  }
}
