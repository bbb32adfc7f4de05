import type * as Conversions from '../convert.ts';
import type { RunEvent } from '../core/events.ts';
import type { Json } from '../core/helpers/canonical-json.ts';
import type { ModelForm } from '../core/helpers/model-forms.ts';
import type { DeliveredForm } from '../core/outcome.ts';
import type { ModelSignature } from '../onnx/signature.ts';
import type { RunPlan } from '../run-plan.ts';
import type { ServiceOptions } from '../serve.ts';
import type { Deployment, ListenOptions } from '../server/listen.ts';
import type { FilePredictions, PredictFileOptions } from '../tools/bulk/predict-file.ts';
import type { RunComparison } from '../tools/report/compare-runs.ts';
import type { Evaluation, ModelComparison } from '../tools/report/judged.ts';
import type { RunFacts } from '../tools/report/report-facts.ts';
import type { ModelLabel, ModelLabels, Promotion } from '../tools/serve/model-labels.ts';
import type { ServedModel } from '../tools/serve/served-model.ts';
import type { LlmChoice } from './llm-option.ts';

/**
 * What the commands need of the library, and no more: `run-cli.ts` is given it, `system-services.ts` makes it of the
 * library, tests make it of fakes.
 */
export interface CliServices {
  readonly version: string;
  newRunId(): string;
  /** Starts a run whose journal is in `runFolder`. */
  train(request: TrainCommand, runFolder: string): Promise<CliRun>;
  /** Goes on with the run whose journal is in `runFolder`. */
  resume(runFolder: string, answers: Readonly<Record<string, Json>>, parts: CliParts): Promise<CliRun>;
  /** Says what `train` would do and cost. */
  plan(request: Omit<TrainCommand, 'runId'>): Promise<RunPlan>;
  /** Takes a decision of the run in `from` another way, in a new run in `to`. */
  fork(from: string, to: string, point: ForkCommand): Promise<CliForkedRun>;
  /** Measures a model on labelled rows. */
  evaluate(model: JudgedFile, asked: JudgeCommand): Promise<Evaluation>;
  /** Measures two models on the same rows. */
  compare(
    first: JudgedFile,
    second: JudgedFile,
    asked: JudgeCommand & { readonly margin?: number },
  ): Promise<ModelComparison>;
  /** Recomputes every reported number of the run in `folder` (the one that `--out` named). */
  verify(folder: string, parts: Pick<CliParts, 'plugins'>): Promise<VerifyOutcome>;
  /** Opens a model file. */
  loadModel(path: string): Promise<CliModel>;
  /** Other forms of a model file. */
  readonly conversions: Pick<typeof Conversions, 'convert' | 'convertToBrowser' | 'convertToModule'>;
  /** Opens a model file, or the label of a store, as a service. */
  openService(source: string | CliStoreSource, options: ServiceOptions): Promise<CliService>;
  /** Opens a folder of versions. */
  openStore(folder: string): Promise<CliStore>;
  /** Predicts the rows of a data file as it is read. */
  predictFile(path: string, model: CliModel, options: PredictFileOptions): Promise<FilePredictions>;
}

/** What a trainer is made with. */
export interface CliParts {
  /** The language model to ask; rules alone without one. */
  readonly llm?: LlmChoice;
  /** Path of a module with agents, learners and metrics of the user's own. */
  readonly plugins?: string;
}

/** What `train` was asked. */
export interface TrainCommand extends CliParts {
  readonly runId: string;
  readonly prompt: string;
  readonly dataPath: string;
  readonly target?: string;
  readonly encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  readonly delimiter?: string;
  readonly seed?: number;
  readonly budget?: 'quick' | 'normal' | 'thorough';
  readonly forms?: readonly ModelForm[];
}

/** A model file to judge, with how it is called where it is not ours. */
export interface JudgedFile {
  readonly path: string;
  readonly mapping?: unknown;
}

/** What `evaluate` and `compare` were asked. */
export interface JudgeCommand extends Pick<CliParts, 'plugins'> {
  readonly dataPath: string;
  /** One of the library's, or of `plugins`. */
  readonly metric?: string;
  readonly target?: string;
  readonly group?: string;
  readonly ordered?: boolean;
}

/** What `fork` was asked. */
export interface ForkCommand extends CliParts {
  readonly runId: string;
  readonly at: string;
  readonly answer: Json;
}

/** A fork under way. */
export interface CliForkedRun extends CliRun {
  comparison(): Promise<RunComparison>;
}

/** A run under way: its events, its end, and how to abort it. */
export interface CliRun extends AsyncIterable<RunEvent> {
  readonly id: string;
  readonly result: Promise<CliOutcome>;
  abort(reason?: unknown): void;
}

/** How a run ended. */
export interface CliOutcome {
  readonly status: 'complete' | 'declined' | 'paused';
  readonly facts: RunFacts;
  /** The report as HTML. */
  report(): Promise<string>;
  /** Present where the run is complete. */
  readonly model?: { save(path: string): Promise<void> };
  /** Forms beside it; absent or empty where none was asked for. */
  readonly forms?: readonly Pick<DeliveredForm, 'name' | 'isDeployed' | 'save'>[];
}

/** A model that is open. */
export interface CliModel extends ServedModel {
  /** The clock-free card that the file carries. */
  readonly card?: Json;
  readonly sizeBytes: number;
  close(): Promise<void>;
}

/** What of a store is served. */
export interface CliStoreSource {
  readonly store: string;
  readonly label: ModelLabel;
  readonly onProblem: (error: unknown) => void;
}

/** A folder of versions and their labels. */
export interface CliStore {
  /** Takes a model file in, and gives its version. */
  addFile(path: string): Promise<string>;
  resolve(name: string): Promise<string>;
  versions(): Promise<readonly string[]>;
  labels(): Promise<ModelLabels>;
  promote(promotion: Promotion): Promise<ModelLabels>;
  rollback(label: ModelLabel): Promise<ModelLabels>;
}

/** A model that is about to be served. */
export interface CliService {
  readonly signature: ModelSignature;
  listen(options: ListenOptions): Promise<Deployment>;
  close(): Promise<void>;
}

/** What `verify` found. */
export interface VerifyOutcome {
  /** Every number that was compared. */
  readonly checks: readonly {
    readonly name: string;
    readonly reported: number | string;
    readonly found: number | string;
    readonly ok: boolean;
  }[];
}
