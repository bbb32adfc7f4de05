import type { CapabilityFacts } from './backend-facts.ts';
import type { Calibration } from './calibration.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { MetricFacts } from './metric-scope.ts';

/** Options of one tool call. */
export interface WorkOptions {
  readonly signal: AbortSignal;
  /** The work begins: until then it has waited for the calls before it. */
  readonly onStart?: () => void;
  readonly onProgress?: (progress: { readonly share?: number; readonly note?: string }) => void;
  /** The work was lost with its process and starts again. */
  readonly onRestart?: () => void;
}

/** Where tools run. Inputs and outputs are JSON; data travel as blobs. */
export interface Workbench {
  readonly where: 'child' | 'host';
  /** @throws {TrainerError} the tool's own, RUN_ABORTED, RUN_CHILD_FAILED */
  call(tool: string, input: Json, options: WorkOptions): Promise<Json>;
  /** Ends the process, if there is one. */
  close(): void;
}

/** Where a process finds what makes a plug-in that was given as an object in another one. */
export interface ModuleOrigin {
  /** A URL, or the name of a package's entry. Its default export is the plug-in, or a function of `options` that gives it. */
  readonly module: string;
  /** What can be sent to another process; secrets in it stay in memory. */
  readonly options?: unknown;
}

/** What a process needs to know to run the tools of one run. */
export interface WorkSettings {
  /** Folder of the blobs. */
  readonly blobs: string;
  /** Folder of what long fits go on from; absent where nothing is fitted. */
  readonly checkpoints?: string;
  /** Files that tools may read, by the name that tool inputs use for them. */
  readonly sources: Readonly<Record<string, string>>;
  /** Threads to use. */
  readonly cores: number;
  /** What the host says of its machine; false where nothing is to be measured. @default measured once for each kind of processor */
  readonly calibration?: Calibration | false;
  /** Module URLs whose default export is a learner. */
  readonly learners: readonly string[];
  /** Backends that can be made in another process, in the order in which they are preferred. */
  readonly backends?: readonly (ModuleOrigin & { readonly capabilities?: CapabilityFacts })[];
  /** The host's own metrics: module URLs, and what is known of those that are objects of the host's. */
  readonly metrics?: { readonly modules: readonly string[]; readonly facts: readonly MetricFacts[] };
}
