import { TrainerError } from '../core/errors.ts';
import {
  type LabelChange,
  type ModelLabel,
  type ModelLabels,
  type Promotion,
  promoted,
  rolledBack,
  versionOf,
} from '../tools/serve/model-labels.ts';
import type { ModelStore } from '../tools/serve/model-store.ts';
import type { ModelRouter, ServedVersion } from './served-version.ts';
import { stickyShare } from './sticky-share.ts';

/** Versions that are served, by the labels of a store; labels may change while requests are answered. */
export interface Releases extends ModelRouter, AsyncDisposable {
  readonly labels: ModelLabels;
  readonly stable: ServedVersion;
  readonly canary: ServedVersion | undefined;
  readonly shadow: ServedVersion | undefined;
  /** Looks at the store, and follows it. @throws {TrainerError} what opening a version throws; what was served still is */
  reload(): Promise<void>;
  /** Gives a label to a version of the store, once it is up. @throws {TrainerError} REQUEST_INVALID, STORE_FAILED, MODEL_INVALID */
  promote(promotion: Promotion): Promise<ModelLabels>;
  /** Takes a label back. @throws {TrainerError} REQUEST_INVALID, STORE_FAILED */
  rollback(label: ModelLabel, why?: string): Promise<ModelLabels>;
}

/** What {@link openReleases} needs. */
export interface ReleaseOptions {
  readonly store: ModelStore;
  /** Whose version answers; the canary and the shadow stand beside `stable` alone. */
  readonly label: ModelLabel;
  /** Starts the processes of a version. */
  open(version: string): Promise<ServedVersion>;
  /** Called after what is served has changed. */
  readonly onChange?: (change: LabelChange | undefined) => void;
  /** Called where a change in the store could not be followed. */
  readonly onProblem?: (error: unknown) => void;
  /** Between looks at the store for what other processes changed. @default 500 */
  readonly watchMs?: number;
}

interface Opened {
  readonly served: ServedVersion;
  /** Requests that were given this version and are not over. */
  users: number;
  isRetired: boolean;
}

/**
 * Serves what the labels of a store name. A version is up before it answers its first request; one that is left answers
 * what it was given, then its processes end. The version that a rollback would go to stays up, so that going back takes
 * no longer than writing a file.
 *
 * @throws {TrainerError} REQUEST_INVALID where no version has the label, and what opening one throws
 */
export async function openReleases(options: ReleaseOptions): Promise<Releases> {
  const { store, label, watchMs = 500 } = options;
  const opened = new Map<string, Opened>();
  const byServed = new Map<ServedVersion, Opened>();
  const ends = new Set<Promise<void>>();
  let labels: ModelLabels;
  let stable!: ServedVersion;
  let canary: ServedVersion | undefined;
  let shadow: ServedVersion | undefined;
  let share = 0;
  let answering: readonly ServedVersion[] = [];
  let isClosed = false;
  let stamp = '';
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  const up = async (version: string): Promise<ServedVersion> => {
    const there = opened.get(version);
    if (there !== undefined) return there.served;
    const served = await options.open(version);
    const item: Opened = { served, users: 0, isRetired: false };
    opened.set(version, item);
    byServed.set(served, item);
    return served;
  };
  const end = (item: Opened): void => {
    const ending = (async () => {
      // Copies of requests have no user; they are in the queue.
      while (item.served.queue.queued + item.served.queue.underWay > 0)
        await new Promise((resolve) => setTimeout(resolve, 10));
      await item.served[Symbol.asyncDispose]();
    })();
    ends.add(ending);
    void ending.finally(() => ends.delete(ending));
  };
  const retire = (kept: ReadonlySet<string>): void => {
    for (const [version, item] of opened) {
      if (kept.has(version)) continue;
      opened.delete(version);
      item.isRetired = true;
      if (item.users === 0) {
        byServed.delete(item.served);
        end(item);
      }
    }
  };
  /** Makes what is served what the labels say; nothing changes before every version is up. */
  const apply = async (next: ModelLabels): Promise<void> => {
    const main = versionOf(next, label);
    if (main === undefined)
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected a version with the label ${label} in the store, but none has it. Give it one: traineragent promote`,
      );
    const isMain = label === 'stable';
    const [first, second, third] = await Promise.allSettled([
      up(main),
      isMain && next.canary !== undefined ? up(next.canary.version) : undefined,
      isMain && next.shadow !== undefined ? up(next.shadow) : undefined,
    ]);
    for (const result of [first, second, third]) if (result.status === 'rejected') throw result.reason;
    if (first.status !== 'fulfilled' || second.status !== 'fulfilled' || third.status !== 'fulfilled') return;
    labels = next;
    stable = first.value;
    canary = second.value;
    shadow = third.value;
    share = isMain ? (next.canary?.share ?? 0) : 0;
    answering = canary === undefined ? [stable] : [stable, canary];
    const before = next.previous[0];
    retire(new Set([stable, canary, shadow].flatMap((served) => served?.version ?? []).concat(before ?? [])));
    options.onChange?.(next.last);
  };
  const reload = (): Promise<void> =>
    inTurn(async () => {
      if (isClosed) return;
      // Asked for first: a change in between is seen the next time.
      const at = await store.stamp();
      if (at === stamp) return;
      const next = await store.labels();
      if (next.revision !== labels.revision) await apply(next);
      stamp = at;
    });
  const change = (make: (labels: ModelLabels) => ModelLabels): Promise<ModelLabels> =>
    inTurn(async () => {
      const next = await store.change(make);
      await apply(next);
      return next;
    });

  stamp = await store.stamp();
  labels = await store.labels();
  await apply(labels);
  const watch = setInterval(() => reload().catch((error) => options.onProblem?.(error)), watchMs).unref();

  const hold = (served: ServedVersion): ServedVersion => {
    byServed.get(served)!.users++;
    return served;
  };
  return {
    get labels() {
      return labels;
    },
    get stable() {
      return stable;
    },
    get canary() {
      return canary;
    },
    get shadow() {
      return shadow;
    },
    get versions() {
      return answering;
    },
    choose({ requestId, stickyKey }) {
      if (canary === undefined || !canary.isReady) return hold(stable);
      // Salted by the version: it is not always the same clients that try what is new.
      return hold(stickyShare(stickyKey ?? requestId, canary.version) < share ? canary : stable);
    },
    find(version) {
      const item = opened.get(version);
      return item === undefined ? undefined : hold(item.served);
    },
    release(served) {
      const item = byServed.get(served);
      if (item === undefined) return;
      item.users--;
      if (item.users > 0 || !item.isRetired) return;
      byServed.delete(served);
      end(item);
    },
    reload,
    async promote(promotion) {
      promoted(labels, promotion);
      // A version that does not come up is not promoted.
      await inTurn(() => up(promotion.version));
      return change((current) => promoted(current, promotion));
    },
    rollback: (which, why) => change((current) => rolledBack(current, which, why)),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearInterval(watch);
      await turn;
      await Promise.all([...ends, ...[...opened.values()].map(({ served }) => served[Symbol.asyncDispose]())]);
    },
  };
}
