import { TrainerError } from '../../core/errors.ts';

/** What a version of a model can be for a service. */
export type ModelLabel = 'stable' | 'canary' | 'shadow';

/** Every label. */
export const modelLabels: readonly ModelLabel[] = ['stable', 'canary', 'shadow'];

/** Which version is what; versions are SHA-256 hashes of model files. */
export interface ModelLabels {
  readonly formatVersion: 1;
  /** Grows by one with each change. */
  readonly revision: number;
  /** Answers all requests that the canary does not. */
  readonly stable?: string;
  /** What was stable before, latest first. */
  readonly previous: readonly string[];
  /** Answers a share (0 to 1) of requests. */
  readonly canary?: { readonly version: string; readonly share: number };
  /** Predicts what the others answered, and answers nothing. */
  readonly shadow?: string;
  /** The change that led here. */
  readonly last?: LabelChange;
}

/** One change of a label. */
export interface LabelChange {
  readonly label: ModelLabel;
  /** `undefined` where the label was taken away. */
  readonly to?: string;
  /** `asked`, or what an automatic rollback found: `errors`, `latency`, `predictions`. */
  readonly why: string;
}

/** The labels of a store in which nothing was promoted. */
export const noLabels: ModelLabels = { formatVersion: 1, revision: 0, previous: [] };

/** Versions that a rollback can go back to, at most. */
const keptVersions = 20;

/** What `promoted` is asked. */
export interface Promotion {
  readonly version: string;
  readonly label: ModelLabel;
  /** Of the requests that the canary answers, above 0 and up to 1. @default 0.1 */
  readonly share?: number;
}

/** Gives a label to a version. A canary or shadow that becomes stable is neither any more. */
export function promoted(labels: ModelLabels, { version, label, share = 0.1 }: Promotion): ModelLabels {
  const { canary, shadow, stable, previous } = labels;
  const last: LabelChange = { label, to: version, why: 'asked' };
  const next = { ...labels, revision: labels.revision + 1, last };
  if (label !== 'stable') {
    if (stable === undefined)
      throw wrong(`Expected a stable version before a ${label}; promote one with --label stable.`);
    if (stable === version) throw wrong(`Expected another version than the stable one as ${label}.`);
    if (label === 'shadow') return { ...next, shadow: version };
    if (!(share > 0 && share <= 1)) throw wrong(`Expected a share above 0 and up to 1 for a canary, got ${share}.`);
    return { ...next, canary: { version, share } };
  }
  if (stable === version) return labels;
  const { canary: _canary, shadow: _shadow, ...rest } = next;
  const before = stable === undefined ? previous : [stable, ...previous.filter((hash) => hash !== stable)];
  return {
    ...rest,
    stable: version,
    previous: before.filter((hash) => hash !== version).slice(0, keptVersions),
    ...(canary === undefined || canary.version === version ? {} : { canary }),
    ...(shadow === undefined || shadow === version ? {} : { shadow }),
  };
}

/**
 * Takes a label back: `stable` goes to what was stable before; a canary or shadow goes away. The version that was left is
 * not what the next rollback goes to.
 */
export function rolledBack(labels: ModelLabels, label: ModelLabel, why = 'asked'): ModelLabels {
  const { canary, shadow, previous, ...rest } = labels;
  const revision = labels.revision + 1;
  if (label === 'stable') {
    const [to, ...earlier] = previous;
    if (to === undefined) throw wrong('Expected an earlier stable version to go back to; there is none.');
    const kept = {
      ...(canary === undefined || canary.version === to ? {} : { canary }),
      ...(shadow === undefined || shadow === to ? {} : { shadow }),
    };
    return { ...rest, ...kept, revision, stable: to, previous: earlier, last: { label, to, why } };
  }
  if ((label === 'canary' ? canary : shadow) === undefined)
    throw wrong(`Expected a ${label} to take back; there is none.`);
  const kept = label === 'canary' ? (shadow === undefined ? {} : { shadow }) : canary === undefined ? {} : { canary };
  return { ...rest, previous, ...kept, revision, last: { label, why } };
}

/** The version that a label names. */
export function versionOf(labels: ModelLabels, label: ModelLabel): string | undefined {
  return label === 'canary' ? labels.canary?.version : labels[label];
}

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/**
 * Reads the text of a file of labels.
 *
 * @throws {TrainerError} STORE_FAILED where it is none, FORMAT_VERSION where a newer version wrote it
 */
export function parseLabels(text: string): ModelLabels {
  let value: Partial<Record<keyof ModelLabels, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  if (typeof value !== 'object' || value === null) throw damaged();
  if (typeof value.formatVersion === 'number' && value.formatVersion > 1)
    throw new TrainerError(
      'FORMAT_VERSION',
      `The labels of the store have format version ${value.formatVersion}; this reads 1. Update traineragent.`,
    );
  const canary = value.canary as { version?: unknown; share?: unknown } | undefined;
  const isGood =
    value.formatVersion === 1 &&
    Number.isSafeInteger(value.revision) &&
    Array.isArray(value.previous) &&
    value.previous.every(isHash) &&
    [value.stable, value.shadow].every((hash) => hash === undefined || isHash(hash)) &&
    (canary === undefined ||
      (isHash(canary?.version) && typeof canary.share === 'number' && canary.share > 0 && canary.share <= 1));
  if (!isGood) throw damaged();
  return value as ModelLabels;
}

const damaged = (cause?: unknown): TrainerError =>
  new TrainerError(
    'STORE_FAILED',
    'Expected labels.json of the model store to be as it was written, got something else. Restore it from a copy, or promote into a new folder.',
    cause === undefined ? {} : { cause },
  );

const wrong = (message: string): TrainerError => new TrainerError('REQUEST_INVALID', message);
