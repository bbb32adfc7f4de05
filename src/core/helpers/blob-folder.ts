import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../errors.ts';
import type { Blobs } from './blobs.ts';
import { errorText } from './error-text.ts';
import { fileErrorWords } from './file-error-words.ts';
import { sha256 } from './hash.ts';

let temporaryNames = 0;

/** Bytes below which neighbouring pieces are written as one. */
const joinedBytes = 1 << 20;

/** The same bytes in fewer pieces: a wide table has tens of thousands, and each would be a write of its own. */
function joined(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const result: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let length = 0;
  const flush = () => {
    if (small.length > 0) result.push(small.length === 1 ? small[0]! : Buffer.concat(small));
    small = [];
    length = 0;
  };
  for (const piece of pieces) {
    if (length + piece.length > joinedBytes) flush();
    small.push(piece);
    length += piece.length;
  }
  flush();
  return result;
}

/** Blobs as files named by their hash, in a folder that several processes may share. */
export function blobFolder(folder: string): Blobs {
  const path = (hash: string): string => {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new TrainerError('INTERNAL', 'Expected the SHA-256 of a blob.');
    return join(folder, hash);
  };
  return {
    async put(parts) {
      const pieces = parts instanceof Uint8Array ? [parts] : joined(parts);
      const hash = createHash('sha256');
      for (const [index, piece] of pieces.entries()) {
        hash.update(piece);
        if ((index & 7) === 7) await new Promise((resolve) => setImmediate(resolve)); // a host has other work
      }
      const name = hash.digest('hex');
      const target = path(name);
      if ((await stat(target).catch(() => undefined)) !== undefined) return name;
      const temporary = join(folder, `.${process.pid}-${temporaryNames++}.part`);
      try {
        await mkdir(folder, { recursive: true });
        const file = await open(temporary, 'wx', 0o600);
        try {
          for (const piece of pieces) await file.writeFile(piece);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw storeFailed('write', cause);
      }
      return name;
    },
    async get(hash) {
      let bytes: Uint8Array;
      try {
        // A link may lead to what has no end, or waits for a writer.
        if (!(await stat(path(hash))).isFile())
          throw new Error('in the place of a file there is something else; restore it from a copy, or start a new run');
        bytes = await readFile(path(hash));
      } catch (cause) {
        throw storeFailed('read', cause);
      }
      if (sha256(bytes) !== hash) {
        throw new TrainerError(
          'STORE_FAILED',
          `Expected blob ${hash.slice(0, 12)} to have the bytes of its name, got others: the file was altered. Start a new run.`,
        );
      }
      return bytes;
    },
    async has(hash) {
      return (await stat(path(hash)).catch(() => undefined)) !== undefined;
    },
  };
}

/** A file system error as STORE_FAILED, in words. */
export function storeFailed(verb: 'read' | 'write' | 'lock', cause: unknown): TrainerError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const why =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full; free space and resume the run'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'no permission; check the owner and mode of the folder'
        : code === 'ENOENT'
          ? 'a file or folder of it is missing; restore it from a copy, or start a new run'
          : code === undefined
            ? errorText(cause)
            : fileErrorWords(cause);
  return new TrainerError('STORE_FAILED', `Could not ${verb} the run's folder: ${why}.`, {
    cause,
    details: { code: code ?? null },
  });
}
