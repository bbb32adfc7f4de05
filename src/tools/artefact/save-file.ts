import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TrainerError } from '../../core/errors.ts';
import { fileErrorWords } from '../../core/helpers/file-error-words.ts';

let counter = 0;

/**
 * Writes a file so that its name never shows half of it: to a temporary name in the same folder, synced, then renamed.
 *
 * @param openFile - opens the temporary file; tests give one whose disk is full.
 * @throws {TrainerError} STORE_FAILED (disk full, permission, no such folder); nothing is left behind.
 */
export async function saveFile(path: string, bytes: Uint8Array, openFile = open): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${counter++}.tmp`);
  try {
    const file = await openFile(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TrainerError(
      'STORE_FAILED',
      `Could not save the model as ${JSON.stringify(path)}: ${fileErrorWords(cause)}.`,
      {
        cause,
        details: { path, code },
      },
    );
  }
}
