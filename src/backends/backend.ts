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

/** A loaded model that predicts. */
export interface Predictor extends AsyncDisposable {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  predict(inputs: Tensors, options?: { readonly signal?: AbortSignal }): Promise<Tensors>;
}

/** How a model is loaded. */
export interface LoadOptions {
  /** `inline` runs on the calling thread (and blocks it); `child` runs in a process of its own. */
  readonly where: 'inline' | 'child';
  /** Threads of one operator. @default 1 */
  readonly threads?: number;
}

/** What a backend can do; read instead of its name. */
export interface BackendCapabilities {
  readonly train: boolean;
  readonly predict: boolean;
  readonly dtypes: readonly Tensor['dtype'][];
  readonly devices: readonly string[];
  readonly deterministic: boolean;
}

/** Where networks and models are computed. */
export interface Backend {
  readonly name: string;
  readonly capabilities: BackendCapabilities;
  /**
   * Loads checked ONNX bytes.
   *
   * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, PEER_MISSING
   */
  load(model: Uint8Array, options: LoadOptions): Promise<Predictor>;
}
