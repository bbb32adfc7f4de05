import type { ErrorCode } from './errors.ts';
import type { OpenQuestion } from './halt.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { ModelForm } from './helpers/model-forms.ts';
import type { TaskSpec } from './task-spec.ts';
import type { Verdict } from './verdict.ts';

/** What every outcome has. Facts is the JSON that reports are made from. */
interface OutcomeBase<Facts> {
  readonly runId: string;
  readonly facts: Facts;
  /** The whole story as one self-contained HTML page. */
  report(): Promise<string>;
}

/** How a model is called: for programs, for people, and for a first try. */
export interface ModelInterface {
  /** JSON Schema of a record. */
  readonly schema: Readonly<Record<string, Json | undefined>>;
  /** The same as a TypeScript interface. */
  readonly typescript: string;
  /** Records with made-up values of the right kinds and ranges. */
  readonly examples: readonly Readonly<Record<string, string | number | boolean>>[];
}

/** The model card: plain JSON, and Markdown for people. */
export interface ModelCard {
  readonly json: Readonly<Record<string, Json | undefined>>;
  readonly markdown: string;
}

/** A form that the model is delivered in. */
export interface DeliveredForm {
  readonly form: ModelForm;
  /** Whether it is `model` itself: the form that was judged. */
  readonly isDeployed: boolean;
  /** The name that `traineragent train` gives the file, or for a browser the folder. */
  readonly name: string;
  /**
   * Writes the file; for `browser` the folder.
   *
   * @returns for `browser` the names of the runtime's files that are still to be copied from `onnxruntime-web`; else none
   * @throws {TrainerError} STORE_FAILED
   */
  save(path: string): Promise<readonly string[]>;
}

/** A model was made. Whether it meets what was asked is in `verdict` and `meetsTargets`. */
export interface CompleteOutcome<Facts, Model, Deployment, DeployOptions> extends OutcomeBase<Facts> {
  readonly status: 'complete';
  readonly verdict: Verdict;
  readonly task: TaskSpec;
  /** The model, loaded. */
  readonly model: Model;
  /** Point estimates against every threshold that was asked; undefined where none was. */
  readonly meetsTargets: boolean | undefined;
  /** The forms that the request asks for and that were made, `float32` among them; none where it asks for none. */
  readonly forms: readonly DeliveredForm[];
  /** What it takes and gives. */
  describe(): Promise<ModelInterface>;
  /** What it is, what it is worth, and how that was found. */
  card(): Promise<ModelCard>;
  /** Serves the model over HTTP; on this machine alone unless a host and keys are given. */
  deploy(options?: DeployOptions): Promise<Deployment>;
}

/** No model was made, with the reasons. */
export interface DeclinedOutcome<Facts> extends OutcomeBase<Facts> {
  readonly status: 'declined';
  readonly verdict: Verdict;
}

/** The run waits: answer and resume. */
export interface PausedOutcome<Facts> extends OutcomeBase<Facts> {
  readonly status: 'paused';
  readonly why: string;
  /** DECIDER_FAILED or RETRY_WITHOUT_LLM where that is why. */
  readonly code?: ErrorCode;
  readonly questions: readonly OpenQuestion[];
}

/** How a run ended. */
export type Outcome<Facts, Model, Deployment, DeployOptions> =
  | CompleteOutcome<Facts, Model, Deployment, DeployOptions>
  | DeclinedOutcome<Facts>
  | PausedOutcome<Facts>;
