import type { BackendNeed } from '../core/helpers/backend-need.ts';
import type { ModuleOrigin } from '../core/workbench.ts';
import type { NetworkSpec } from './network/network-spec.ts';
import type { Training } from './network/training.ts';

export type { NetworkSpec } from './network/network-spec.ts';
export type { Training } from './network/training.ts';

/** Element types of tensors at the border of a backend. */
export type TensorData =
  | { readonly dtype: 'float32'; readonly data: Float32Array }
  | { readonly dtype: 'float64'; readonly data: Float64Array }
  | { readonly dtype: 'int64'; readonly data: BigInt64Array }
  | { readonly dtype: 'int32'; readonly data: Int32Array }
  | { readonly dtype: 'uint8'; readonly data: Uint8Array }
  | { readonly dtype: 'bool'; readonly data: Uint8Array }
  | { readonly dtype: 'string'; readonly data: readonly string[] };

/** A plain tensor: typed data in row-major order with its shape. Native objects never cross the border. */
export type Tensor = TensorData & { readonly shape: readonly number[] };

/** Tensors by the name of the graph's input or output. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A name, type and shape that a model declares; −1 stands for any size. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
}

/** What every call takes that may last. */
export interface CallOptions {
  /**
   * Gives the call up. One that waits for its turn, or works in another process, ends within 300 ms, with that process where it has to; one that
   * works on the thread that calls ends where it next looks up: between native calls, of about 200 ms each, and before anything that can not be interrupted
   * (a file being encoded, the runtime taking a graph). Nothing is left of it. `RUN_ABORTED`; `PREDICT_FAILED` of a prediction.
   */
  readonly signal?: AbortSignal;
}

/** A loaded model that predicts. */
export interface Predictor extends AsyncDisposable {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** @throws {TrainerError} REQUEST_INVALID, PREDICT_FAILED (also where it was aborted, or disposed of) */
  predict(inputs: Tensors, options?: CallOptions): Promise<Tensors>;
  /** Resident memory of the process that holds the model, in bytes; absent where that is the caller's own. */
  memoryBytes?(): Promise<number>;
}

/** How a model is loaded. */
export interface LoadOptions extends CallOptions {
  /** `inline` runs on the calling thread (and blocks it); `child` runs in a process of its own. */
  readonly where: 'inline' | 'child';
  /** Threads of one operator. @default 1 */
  readonly threads?: number;
  /** Called when the process that predicts has ended by itself; the next call starts another. */
  readonly onEnd?: () => void;
}

/** What a backend can do; read instead of its name. */
export interface BackendCapabilities {
  readonly train: boolean;
  readonly predict: boolean;
  readonly dtypes: readonly Tensor['dtype'][];
  readonly devices: readonly string[];
  readonly deterministic: boolean;
}

/** The library that a backend computes with. */
export interface BackendRuntime {
  /** The name of its package. */
  readonly name: string;
  readonly version?: string;
  /** The package that would compute if it were there, and faster; the run's card says so. */
  readonly insteadOf?: string;
}

/** Data to train on: rows along the first axis of every tensor. They must not change while a network holds them. */
export interface TrainingData {
  /** By the names of the network's inputs. */
  readonly inputs: Tensors;
  readonly targets: Tensors;
}

/** How steps are run. */
export interface StepOptions extends CallOptions {
  /** Called after each native call with the number of steps so far, and the losses and metrics of those it made. */
  readonly onSteps?: (step: number, losses: Float32Array, metrics?: Readonly<Record<string, Float32Array>>) => void;
  /** Called where the loss diverged and the training goes on from an earlier step with half the learning rate. */
  readonly onRetreat?: (retreat: Retreat) => void;
}

/** A step back after a divergence. */
export interface Retreat {
  /** Where the loss was not finite, and where training goes on. */
  readonly step: number;
  readonly from: number;
  /** The layer where it began; undefined where all layers were finite and the loss was not. */
  readonly layer: string | undefined;
  /** From here on, before the schedule. */
  readonly learningRate: number;
}

/** Which weights: those of the last step, or their moving average where the training keeps one (`averageDecay`). */
export interface WeightsOptions {
  /** @default 'last' */
  readonly weights?: 'last' | 'average';
}

/** How a network becomes a model. */
export interface ModelOptions extends WeightsOptions, CallOptions {}

/** How a network is evaluated. */
export interface EvaluateOptions extends WeightsOptions, CallOptions {
  /** Whether the outputs are kept, which for long sequences are many. @default true */
  readonly outputs?: boolean;
}

/** What a network makes of data. */
export interface Evaluation {
  /** Mean loss over all rows, dropout off. */
  readonly loss: number;
  /** The metrics of the training over all rows, by name. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** The network's outputs, one row a row; none where they are not kept. */
  readonly outputs: Tensors;
}

/** Everything that training goes on from: two networks with equal snapshots make equal steps. */
export interface TrainingSnapshot {
  readonly formatVersion: 2;
  /** Steps made so far; the schedule and the random numbers of dropout follow from it. */
  readonly step: number;
  /** Before the schedule. */
  readonly learningRate: number;
  /** Parameters as `layer/name`, the optimiser's memory of them as `layer/name#slot`, in a scale that follows from the step. */
  readonly state: Tensors;
}

/** A network that trains. Calls are done one after another, in the order they came. */
export interface TrainableNetwork extends AsyncDisposable {
  /** Steps made so far. */
  readonly step: number;
  /**
   * Makes one step for each list of row numbers; returns one loss a step, from before its update.
   *
   * @throws {TrainerError} REQUEST_INVALID; TRAIN_DIVERGED with the step and the layer where it began, the network left
   * as it was before that step; RUN_ABORTED
   */
  steps(data: TrainingData, batches: readonly Int32Array[], options?: StepOptions): Promise<Float32Array>;
  /** @throws {TrainerError} REQUEST_INVALID, RUN_ABORTED */
  evaluate(data: TrainingData, options?: EvaluateOptions): Promise<Evaluation>;
  /** @throws {TrainerError} RUN_ABORTED */
  snapshot(options?: CallOptions): Promise<TrainingSnapshot>;
  /** @throws {TrainerError} REQUEST_INVALID or FORMAT_VERSION where the snapshot is damaged or of another network; RUN_ABORTED */
  restore(snapshot: TrainingSnapshot, options?: CallOptions): Promise<void>;
  /** The rate before the schedule, from the next step on. @throws {TrainerError} REQUEST_INVALID */
  setLearningRate(rate: number): void;
  /** The network as an ONNX file: its inputs and outputs by name, the first axis free. @throws {TrainerError} REQUEST_INVALID, RUN_ABORTED */
  toModel(options?: ModelOptions): Promise<Uint8Array>;
}

/** Where networks and models are computed. */
export interface Backend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  /** How another process makes the same backend; without it, it works in the process where it was made. */
  readonly origin?: ModuleOrigin;
  /** Which library computes, where there is a choice. @throws {TrainerError} PEER_MISSING */
  runtime?(): Promise<BackendRuntime>;
  /**
   * Loads checked ONNX bytes.
   *
   * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, PEER_MISSING, REQUEST_INVALID, RUN_ABORTED
   */
  load(model: Uint8Array, options: LoadOptions): Promise<Predictor>;
  /**
   * Makes a network ready to train, in the process and on the thread that calls: a run does it in its child.
   *
   * @throws {TrainerError} REQUEST_INVALID naming the layer or option that does not fit; PEER_MISSING; RUN_ABORTED
   */
  compile(network: NetworkSpec, training: Training, options?: CallOptions): Promise<TrainableNetwork>;
}

/** Backends in the order in which they are preferred. */
export interface BackendRegistry {
  /**
   * The first backend that has all that is asked for. One that can not be made is an error, not a reason to take the next: what
   * somebody asked for is not replaced without a word.
   *
   * @throws {TrainerError} MODEL_UNSUPPORTED with what each of them lacks and which has it; the error of one that can not be made
   */
  pick(need: BackendNeed): Promise<Backend>;
  /** The backend at a place of the list. */
  at(place: number): Promise<Backend>;
}
