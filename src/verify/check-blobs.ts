import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalBody } from '../core/journal-record.ts';
import type { RunStore } from '../core/store.ts';
import type { VerifyCheck } from './compare.ts';

/** Every blob has the bytes of its name: out-of-fold predictions, tables, fitted models, the model file. */
export async function checkBlobs(store: RunStore): Promise<readonly VerifyCheck[]> {
  const folder = join(store.folder, 'blobs');
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name)).sort();
  const altered: VerifyCheck[] = [];
  for (const name of names) {
    const found = await hashOf(join(folder, name));
    if (found !== name)
      altered.push({ name: `blob ${name.slice(0, 12)}${roleOf(store, name)}`, reported: name, found, ok: false });
  }
  const whole = `${names.length - altered.length} blobs`;
  return [...altered, { name: 'blobs as they were stored', reported: whole, found: whole, ok: true }];
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
  return hash.digest('hex');
}

/** What a blob is, by the call that gave it: ` (predictions of model.search trial, #31)`. */
function roleOf(store: RunStore, hash: string): string {
  for (const { record, body } of store.records) {
    if (body.kind !== 'call') continue;
    const key = keyOf(body, hash);
    if (key !== undefined) return ` (${key} of ${body.at.stage} ${body.at.name}, #${record})`;
  }
  return '';
}

function keyOf({ output }: Extract<JournalBody, { kind: 'call' }>, hash: string): string | undefined {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return undefined;
  return Object.entries(output).find(([, value]) => value === hash)?.[0];
}
