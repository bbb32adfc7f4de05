import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeFailed } from '../../core/helpers/blob-folder.ts';
import { canonicalJson } from '../../core/helpers/canonical-json.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import type { ActionContext } from './action.ts';

const hashLength = 32;

function joined(bytes: Uint8Array | readonly Uint8Array[]): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes as Uint8Array[]);
}

/**
 * Progress of fits as files, each named by the hash of what decides the fit's result: only the same fit goes on from it. A file begins
 * with the hash of the rest, and one that was cut or altered counts as none: the fit then starts again and ends with the same model.
 *
 * @param folder - nothing is kept where it is absent
 */
export function checkpointFolder(folder: string | undefined): ActionContext['checkpoint'] {
  return (key) => {
    if (folder === undefined) {
      return { load: async () => undefined, save: async () => undefined, remove: async () => undefined };
    }
    const path = join(folder, sha256(new TextEncoder().encode(canonicalJson(key))));
    return {
      async load() {
        const bytes = await readFile(path).catch(() => undefined);
        if (bytes === undefined || bytes.length < hashLength) return undefined;
        const content = new Uint8Array(bytes.subarray(hashLength));
        return sha256(content) === bytes.subarray(0, hashLength).toString('hex') ? content : undefined;
      },
      async save(parts) {
        const content = joined(parts);
        try {
          await mkdir(folder, { recursive: true });
          await writeFile(`${path}.part`, Buffer.concat([Buffer.from(sha256(content), 'hex'), content]), {
            mode: 0o600,
          });
          await rename(`${path}.part`, path);
        } catch (cause) {
          throw storeFailed('write', cause);
        }
      },
      async remove() {
        await rm(path, { force: true });
      },
    };
  };
}
