import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainerError } from '../../core/errors.ts';
import { blobFolder, storeFailed } from '../../core/helpers/blob-folder.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { checkFormats } from '../artefact/column-formats.ts';
import { saveFile } from '../artefact/save-file.ts';
import { expectedOfCard } from './drift/expected-score.ts';
import type { ExpectedScore } from './drift/score-monitor.ts';
import { type ModelLabels, modelLabels, noLabels, parseLabels, versionOf } from './model-labels.ts';

/** Versions of a model in a folder, and which of them is what. Several processes may share it. */
export interface ModelStore {
  readonly folder: string;
  /**
   * Takes a file in, after it was checked.
   *
   * @param card - its `card.json`, so that outcomes are held against its score on the test rows
   * @returns its version, the SHA-256 of the file
   * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE, STORE_FAILED
   */
  add(bytes: Uint8Array, card?: string): Promise<string>;
  /** The file of a version, compared with its hash. @throws {TrainerError} STORE_FAILED */
  get(version: string): Promise<Uint8Array>;
  /** What a version was worth on the test rows, where its card came with it. */
  expected(version: string): Promise<ExpectedScore | undefined>;
  /** Every version, in the order of their hashes. */
  versions(): Promise<readonly string[]>;
  /**
   * The version that a label, a hash or its beginning (six digits at least) names.
   *
   * @throws {TrainerError} REQUEST_INVALID where there is none, or several
   */
  resolve(name: string): Promise<string>;
  /** As they are on disk. @throws {TrainerError} STORE_FAILED, FORMAT_VERSION */
  labels(): Promise<ModelLabels>;
  /**
   * Changes the labels: one change at a time among all processes, and a reader sees the old or the new ones, whole.
   *
   * @throws {TrainerError} STORE_FAILED, and what `change` throws
   */
  change(change: (labels: ModelLabels) => ModelLabels): Promise<ModelLabels>;
  /** A text that is another after each change of the labels; cheap to ask for. */
  stamp(): Promise<string>;
}

/** Between attempts to get the lock, and after how long one counts as left behind by a process that ended. */
const lockMs = { retry: 10, stale: 10_000 } as const;

/** Opens a folder of models: `models/` has files by their hash, `labels.json` says which is what. */
export function modelStore(folder: string): ModelStore {
  const models = join(folder, 'models');
  const labelsPath = join(folder, 'labels.json');
  const blobs = blobFolder(models);
  let turn: Promise<unknown> = Promise.resolve();

  const labels = async (): Promise<ModelLabels> => {
    let text: string;
    try {
      text = await readFile(labelsPath, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noLabels;
      throw storeFailed('read', cause);
    }
    return parseLabels(text);
  };
  const versions = async (): Promise<readonly string[]> => {
    const names = await readdir(models).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return [];
      throw storeFailed('read', cause);
    });
    return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).sort();
  };
  const changeOnce = async (change: (labels: ModelLabels) => ModelLabels): Promise<ModelLabels> => {
    await mkdir(folder, { recursive: true }).catch((cause) => Promise.reject(storeFailed('write', cause)));
    const unlock = await lock(join(folder, 'labels.lock'));
    try {
      const before = await labels();
      const next = change(before);
      if (next === before) return before;
      await saveFile(labelsPath, Buffer.from(`${JSON.stringify(next, undefined, 2)}\n`));
      await syncFolder(folder);
      return next;
    } finally {
      await unlock();
    }
  };

  return {
    folder,
    labels,
    versions,
    get: (version) => blobs.get(version),
    async expected(version) {
      const text = await readFile(join(models, `${version}.score.json`), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : expectedOfCard(text, version);
    },
    async add(bytes, card) {
      checkFormats(readSignature(checkModel(bytes)));
      const version = await blobs.put(bytes);
      const expected = card === undefined ? undefined : expectedOfCard(card, version);
      // Of the card that alone: the rest is of no use to a service.
      if (expected !== undefined) {
        const { metric, value, interval } = expected;
        const outcomeScore = { metric, value, low: interval[0], high: interval[1] };
        await saveFile(
          join(models, `${version}.score.json`),
          Buffer.from(`${JSON.stringify({ model: version, outcomeScore })}\n`),
        );
      }
      await syncFolder(models);
      return version;
    },
    async resolve(name) {
      const label = modelLabels.find((known) => known === name);
      if (label !== undefined) {
        const named = versionOf(await labels(), label);
        if (named !== undefined) return named;
        throw new TrainerError(
          'REQUEST_INVALID',
          `Expected a version with the label ${label}, but none has it. Give it one: traineragent promote`,
        );
      }
      const found = /^[0-9a-f]{6,64}$/.test(name) ? (await versions()).filter((hash) => hash.startsWith(name)) : [];
      if (found.length === 1) return found[0]!;
      throw new TrainerError(
        'REQUEST_INVALID',
        found.length === 0
          ? 'Expected a version of the store: a label, or a hash or its first six digits or more.'
          : `Expected the beginning of one hash, got one of ${found.length}. Give more digits.`,
      );
    },
    change(change) {
      const done = turn.then(() => changeOnce(change));
      turn = done.catch(() => undefined);
      return done;
    },
    async stamp() {
      const at = await stat(labelsPath, { bigint: true }).catch(() => undefined);
      return at === undefined ? '' : `${at.ino}/${at.mtimeNs}/${at.size}`;
    },
  };
}

/** A file that one process at a time can make. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await (await open(path, 'wx', 0o600)).close();
      return () => rm(path, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw storeFailed('lock', cause);
    }
    const held = await stat(path).catch(() => undefined);
    if (held !== undefined && Date.now() - held.mtimeMs > lockMs.stale) await rm(path, { force: true });
    await new Promise((resolve) => setTimeout(resolve, lockMs.retry));
  }
}

/** Makes a renaming last through a power cut, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  // Windows does not open folders; what was renamed is there all the same.
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
