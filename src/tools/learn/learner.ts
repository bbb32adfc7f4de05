import type { Backend } from '../../backends/backend.ts';
import type { Random } from '../../core/helpers/random.ts';
import type { GraphBuilder } from '../../onnx/graph-builder.ts';

/** What is predicted. Binary is one probability, multiclass one a class, regression one value. */
export type TaskKind = 'binary' | 'multiclass' | 'regression';

/** A numeric input of the learners: float32, NaN where missing. Booleans are 0 and 1. */
export interface NumberFeature {
  readonly name: string;
  readonly values: Float32Array;
}

/** A categorical input: code 0 is missing, 1 is any value outside the dictionary, 2… are the dictionary's values. */
export interface CategoryFeature {
  readonly name: string;
  readonly codes: Int32Array;
  /** Number of codes, missing and other included; every code is below it. */
  readonly size: number;
}

/** The inputs of a learner. Feature `f` is `numbers[f]`, then `categories[f - numbers.length]`. */
export interface Features {
  readonly rowCount: number;
  readonly numbers: readonly NumberFeature[];
  readonly categories: readonly CategoryFeature[];
}

/** Rows to learn from. */
export interface TrainingRows {
  readonly features: Features;
  /** Class index (0 … classCount − 1) or value, a row. */
  readonly target: Float64Array;
  /** Positive row weights; absent means 1. */
  readonly weights?: Float64Array;
}

/** The problem, the same for every fit of a run. */
export interface Problem {
  readonly task: TaskKind;
  /** Number of classes (2 for binary); 0 for regression. */
  readonly classCount: number;
}

/** Numbers, booleans and strings that describe one configuration of a learner. */
export type Configuration = Readonly<Record<string, number | string | boolean>>;

/** One axis of a search space. */
export type Axis =
  | { readonly kind: 'float'; readonly low: number; readonly high: number; readonly scale: 'linear' | 'log' }
  | { readonly kind: 'integer'; readonly low: number; readonly high: number; readonly scale: 'linear' | 'log' }
  | { readonly kind: 'choice'; readonly options: readonly (number | string | boolean)[] };

/** Axes by configuration key. */
export type SearchSpace = Readonly<Record<string, Axis>>;

/** What a learner is told of the data before it proposes a space or a cost. */
export interface LearnerFacts extends Problem {
  readonly rowCount: number;
  readonly numberCount: number;
  readonly categorySizes: readonly number[];
  readonly missingShare: number;
}

/** Where a long fit keeps what it goes on from, should its process end. One fit, one place. */
export interface FitCheckpoint {
  /** What was saved last; undefined where nothing was, or where it is damaged. */
  load(): Promise<Uint8Array | undefined>;
  save(bytes: Uint8Array | readonly Uint8Array[]): Promise<void>;
  /** Counted operations between saves. @default 5e8, about half a second */
  readonly everyOperations?: number;
}

/** What a fit may use beside its rows. */
export interface FitContext {
  readonly random: Random;
  /** Threads that may be used; the result must not depend on it. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Rows to stop early on. Only where the configuration asks for early stopping. */
  readonly validation?: TrainingRows;
  readonly progress?: (share: number) => void;
  /** What networks are trained on. @throws {TrainerError} PEER_MISSING */
  readonly backend?: () => Promise<Backend>;
  /** Where a fit may keep its progress; it must end with the same model with and without. */
  readonly checkpoint?: FitCheckpoint;
}

/** What a fit gives back. */
export interface Fit {
  readonly model: FittedModel;
  /** The iteration that early stopping chose, or that was run; learners without iterations leave it out. */
  readonly bestIteration?: number;
  /** Plain facts for the report: converged, iterations, gradient norm. */
  readonly notes: Readonly<Record<string, number | string | boolean>>;
}

/** Names of graph values that hold the prepared features, in feature order. */
export interface GraphFeatures {
  /** float32 [N, numbers.length], NaN where missing; absent where there are none. */
  readonly numbers?: string;
  /** int64 [N, categories.length]; absent where there are none. */
  readonly codes?: string;
  readonly numberCount: number;
  readonly categorySizes: readonly number[];
}

/** A fitted result on typed arrays. */
export interface FittedModel {
  /** Name of the learner that made it; `revive` of that learner reads `toState()`. */
  readonly learner: string;
  /** Columns of the prediction: 1 for binary (probability of class 1) and regression, else the number of classes. */
  readonly outputCount: number;
  /** Row-major [rowCount, outputCount]: probabilities, or values. */
  predict(features: Features): Float64Array;
  /** Adds nodes to the graph and returns the name of a float32 [N, outputCount] value equal to `predict`. */
  toGraph(graph: GraphBuilder, inputs: GraphFeatures): string;
  /** Counted operations to predict one row. */
  readonly operationsPerRow: number;
  /**
   * The same model with these numbers added to its scores (log-odds, or one score a class) before they become probabilities.
   * Needed where classes are balanced; leave it out where there are no such scores.
   */
  shifted?(by: readonly number[]): FittedModel;
  /** Everything that `revive` needs. */
  toState(): ModelState;
  /** Importance a feature in feature order (gain, or |coefficient| × deviation), summing to 1, or all 0. */
  importance(): Float64Array;
}

/** A model as JSON and named arrays, for journals and blobs. */
export interface ModelState {
  readonly formatVersion: 1;
  readonly learner: string;
  readonly json: unknown;
  readonly arrays: Readonly<Record<string, Float64Array | Float32Array | Int32Array | Uint8Array>>;
}

/** What is expected of a model before it is fitted. */
export interface Footprint {
  /** Bytes of its part of the file. */
  readonly fileBytes: number;
  /** Counted operations to predict one row. */
  readonly operationsPerRow: number;
  /** Memory that the fit takes at its peak, beside its rows. */
  readonly fitBytes: number;
  /** Iterations that early stopping is expected to leave, where there are any. */
  readonly iterations?: number;
  /** Share of its counted cost that a fit mostly takes: fits end before their last iteration. */
  readonly costShare?: number;
}

/** A way to fit a model: its space, its cost, its fit. */
export interface Learner {
  readonly name: string;
  /** One sentence for the report and for questions. */
  readonly about: string;
  readonly tasks: readonly TaskKind[];
  /** The configuration to try first: good without any search. */
  defaults(facts: LearnerFacts): Configuration;
  /** What random search may vary; empty where there is nothing to search. */
  space(facts: LearnerFacts): SearchSpace;
  /** Work units (a million counted operations each) of one fit of `rowCount` rows, with the whole configuration's iterations. */
  cost(configuration: Configuration, facts: LearnerFacts): number;
  /** What a model of this configuration is expected to be and to take, before anything is fitted; leave it out where nobody can say. */
  footprint?(configuration: Configuration, facts: LearnerFacts): Footprint;
  /**
   * A configuration of a somewhat smaller model, for requests that limit size or time; undefined where there is none. Asked again until the
   * footprint is within the limits. Learners with iterations in their footprint need none: those are cut.
   */
  smaller?(configuration: Configuration, facts: LearnerFacts): Configuration | undefined;
  /** Whether `iterations` of a configuration can be cut for a cheap rung of successive halving, and by which key. */
  readonly iterationKey?: string;
  /** Whether a fit needs a backend that trains; where there is none, the learner is not tried. @default false */
  readonly trainsOnBackend?: boolean;
  fit(rows: TrainingRows, configuration: Configuration, problem: Problem, context: FitContext): Promise<Fit> | Fit;
  revive(state: ModelState): FittedModel;
}
