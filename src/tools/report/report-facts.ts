import type { ModelForm } from '../../core/helpers/model-forms.ts';
import type { MetricFacts } from '../../core/metric-scope.ts';
import type { MetricId, TaskSpec } from '../../core/task-spec.ts';
import type { ExplanationFacts } from './explanation-facts.ts';

/**
 * Everything that is told about a run, as plain JSON: the report, the card, the terminal's panel and the `--json` object
 * are all made from this and from nothing else. A `record` names the journal record that a number was measured in.
 */
export interface RunFacts<Metric extends MetricId = MetricId> {
  readonly formatVersion: 1;
  readonly runId: string;
  /** `complete` has a model, `declined` has none, `paused` can be resumed. */
  readonly status: 'complete' | 'declined' | 'paused';
  /** ISO 8601, from the injected clock. */
  readonly startedAt?: string;
  readonly seconds?: number;
  readonly workUnits?: number;
  readonly request: RequestFacts;
  /** The host's own metrics; absent where there are none. */
  readonly ownMetrics?: readonly MetricFacts[];
  /** Absent where the request was declined before it was understood. */
  readonly task?: TaskSpec;
  readonly verdict: VerdictFacts;
  /** The answer in plain words, one paragraph an item. */
  readonly answer?: readonly string[];
  /** What must be answered before a paused run goes on. */
  readonly questions?: readonly OpenQuestion[];
  readonly data?: DataFacts;
  readonly checks: readonly CheckFact[];
  readonly split?: SplitFacts;
  readonly baseline?: BaselineFacts;
  readonly trials: readonly TrialFact[];
  readonly winner?: WinnerFacts;
  /** The winner on the vault; the first is the metric that the search optimised. */
  readonly scores: readonly ScoreFact<Metric>[];
  /** Present where the data are so small that the cross-validated score stands beside the vault's, or instead of it. */
  readonly crossValidation?: ScoreFact & { readonly folds: number; readonly repeats: number };
  /** Accuracy or mean absolute error on the vault, with the interval that outcomes of a service get. */
  readonly outcomeScore?: {
    readonly metric: 'accuracy' | 'mae';
    readonly value: number;
    readonly low: number;
    readonly high: number;
  };
  /** Whether the point estimates meet every threshold that was asked; absent where none was asked. */
  readonly meetsTargets?: boolean;
  readonly curves: readonly CurveFacts[];
  /** By falling share; shares sum to 1, or are all 0. */
  readonly importances: readonly { readonly column: string; readonly share: number }[];
  /** Absent where no model was frozen. */
  readonly explanation?: ExplanationFacts;
  readonly resources?: ResourceFacts;
  /** Where the request asks for forms, or its limit on size takes one: each with what it was measured to be, the one that is the model first. */
  readonly forms?: readonly FormFact[];
  /** Where the search ended. */
  readonly searchRecord?: string;
  /** Which values of the data the model file holds; `values-held.ts` reads it from the signature. */
  readonly valuesHeld?: readonly { readonly column: string; readonly what: string }[];
  readonly decisions: readonly DecisionFact[];
  readonly messages: readonly MessageFact[];
  /** What was asked, or would be usual, and was not done, with the reason. */
  readonly notDone: readonly { readonly what: string; readonly why: string; readonly record?: string }[];
  /** Versions: of this library, Node, the runtime, the operators. No host name, no user, no path. */
  readonly environment: Readonly<Record<string, string>>;
  /** SHA-256 by what was hashed: `model`, `data`, `task`, `vault`. */
  readonly hashes: Readonly<Record<string, string>>;
  /** What each record of the journal that is cited is, by its number (`#12`). */
  readonly records?: Readonly<Record<string, string>>;
  /** False where a measured time changed a choice, or the clock stopped the search. */
  readonly deterministic: boolean;
}

/** What the host gave. */
export interface RequestFacts {
  readonly prompt?: string;
  /** File name without its folder, or a word such as "records". */
  readonly dataName?: string;
  readonly budget?: string;
  readonly seed?: number | string;
  /** The run whose decision of this question this run takes another way. */
  readonly forkOf?: { readonly runId: string; readonly question: string };
  readonly record?: string;
}

/** What the Task agent judged. */
export interface VerdictFacts {
  readonly kind: 'accept' | 'accept-with-warning' | 'clarify' | 'counter-offer' | 'reject';
  readonly reasons: readonly {
    readonly code: string;
    readonly message: string;
    readonly evidence?: Readonly<Record<string, unknown>>;
    readonly record?: string;
  }[];
  /** The nearest thing that is possible, in words. */
  readonly offer?: string;
}

/** A question that a paused run waits for. */
export interface OpenQuestion {
  readonly question: string;
  readonly about: string;
  readonly default?: unknown;
  /** What another answer changes. */
  readonly changes?: string;
  readonly options?: readonly unknown[];
}

/** What was read and what became of it; the counts add up. */
export interface DataFacts {
  readonly rowsRead: number;
  /** Rows that the model was made from and judged on. */
  readonly rowsUsed: number;
  readonly setAside: readonly { readonly reason: string; readonly count: number; readonly record?: string }[];
  readonly format?: string;
  readonly sampled?: { readonly from: number; readonly why: string };
  readonly duplicateRows?: number;
  /** Where the data were read, and where features were made of their columns. */
  readonly record?: string;
  readonly preparedRecord?: string;
  readonly columns: readonly DataColumnFact[];
  /** What was done to the data, in order, one sentence each. */
  readonly steps: readonly { readonly what: string; readonly count?: number; readonly record?: string }[];
  /** The classes of the target, or its histogram. */
  readonly target?:
    | { readonly kind: 'classes'; readonly counts: readonly { readonly label: string; readonly count: number }[] }
    | {
        readonly kind: 'values';
        /** The 1 % and the 99 % quantile: extremes would be values of single rows. */
        readonly low: number;
        readonly high: number;
        /** Counts in bins of equal width between them; values beyond are in the outer bins. */
        readonly histogram: readonly number[];
        readonly unit?: string;
      };
}

/** One column of the data. */
export interface DataColumnFact {
  readonly name: string;
  readonly kind: string;
  readonly role: 'input' | 'target' | 'weight' | 'group' | 'time' | 'entity' | 'set-aside';
  readonly missing: number;
  readonly distinct?: number;
  /** How well the column alone predicts the target, out of fold: ROC AUC from 0.5 to 1, or R² from 0 to 1. */
  readonly alone?: { readonly metric: 'rocAuc' | 'r2'; readonly score: number };
  /** Why it is not used. */
  readonly reason?: string;
  /** Rows by value: bins of equal width between the 1 % and the 99 % quantile, or the values that at least ten rows have. */
  readonly histogram?:
    | { readonly kind: 'bins'; readonly low: number; readonly high: number; readonly counts: readonly number[] }
    | {
        readonly kind: 'values';
        readonly values: readonly { readonly value: string; readonly count: number }[];
        /** Rows of other values. */
        readonly others: number;
      };
}

/** One check of the data or of the result. */
export interface CheckFact {
  readonly id: string;
  readonly outcome: 'passed' | 'warning' | 'failed';
  readonly message: string;
  readonly record?: string;
}

/** How the rows were divided. */
export interface SplitFacts {
  /** `stratified`, `random`, `grouped by COLUMN`, `by time (COLUMN)`, `given by the host`. */
  readonly method: string;
  readonly trainRows: number;
  /** 0 where the data are too few for a vault. */
  readonly vaultRows: number;
  readonly folds: number;
  readonly repeats: number;
  /** How often the vault was read over all runs on these data, this one included. */
  readonly vaultReads: number;
  readonly record?: string;
}

/** A metric's value with its 95 % interval. */
export interface ScoreFact<Metric extends MetricId = MetricId> {
  readonly metric: Metric;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly threshold?: number;
  readonly meets?: boolean;
  /** Share of bootstrap samples that meet the threshold. */
  readonly probability?: number;
  readonly record?: string;
}

/** The simplest thing that could be done. */
export interface BaselineFacts {
  readonly learner: string;
  /** One sentence: what it always answers. */
  readonly about?: string;
  /** Mean over the validation folds of the first metric. */
  readonly validationScore?: number;
  /** On the vault, in the order of the winner's. */
  readonly scores: readonly ScoreFact[];
}

/** One learner with one configuration, scored on validation folds. */
export interface TrialFact {
  readonly index: number;
  readonly learner: string;
  readonly configuration: Readonly<Record<string, number | string | boolean>>;
  /** Of successive halving, from 0. */
  readonly rung?: number;
  /** Mean of the fold scores; absent where the trial failed. */
  readonly score?: number;
  readonly foldScores: readonly number[];
  readonly workUnits: number;
  readonly seconds?: number;
  readonly by?: 'rule' | 'llm' | 'host';
  /** Why it has no score. */
  readonly failure?: string;
  readonly record?: string;
}

/** The model that was frozen. */
export interface WinnerFacts {
  readonly members: readonly {
    readonly trial: number;
    readonly learner: string;
    readonly weight: number;
    readonly configuration: Readonly<Record<string, number | string | boolean>>;
    readonly iterations?: number;
  }[];
  /** Mean over the validation folds of the first metric. */
  readonly validationScore?: number;
  /** What the fits made of the weight of classes, where they did not count rows as they come. */
  readonly classWeight?: { readonly about: string; readonly record?: string };
  /** `none`, `isotonic`, `sigmoid`, `temperature`, and what it changed. */
  readonly calibration?: { readonly method: string; readonly note?: string };
  /** How probabilities become an answer, or how the interval is made. */
  readonly decisionRule?: string;
  readonly compression?: readonly { readonly what: string; readonly lossOfScore?: number }[];
  /** Where its members were chosen. */
  readonly membersRecord?: string;
  readonly record?: string;
}

/** A picture of how the winner does on the vault. Coordinates are measured, at most some hundred points each. */
export type CurveFacts =
  | {
      readonly kind: 'roc' | 'precision-recall' | 'calibration';
      /** One line a class; binary tasks have one. */
      readonly lines: readonly { readonly label: string; readonly points: readonly (readonly [number, number])[] }[];
    }
  | {
      readonly kind: 'confusion';
      readonly labels: readonly string[];
      /** `counts[truth][predicted]`. */
      readonly counts: readonly (readonly number[])[];
    }
  | {
      /** Mean predicted and mean true value of bins of rows; never a single row. */
      readonly kind: 'residuals';
      readonly points: readonly (readonly [predicted: number, truth: number])[];
      readonly unit?: string;
    }
  | {
      /** Residuals (truth less predicted) of the same bins: the middle, and where 90 % of them lie. */
      readonly kind: 'residual-spread';
      readonly bins: readonly {
        readonly predicted: number;
        readonly mean: number;
        readonly low: number;
        readonly high: number;
        readonly rows: number;
      }[];
      readonly unit?: string;
    };

/** What the model costs. */
export interface ResourceFacts {
  readonly sizeBytes: number;
  readonly latencyMs?: { readonly p50: number; readonly p99: number; readonly count: number };
  readonly predictedLatencyMs?: number;
  readonly memoryBytes?: number;
  readonly operationsPerRow?: number;
  /** For a batch of records at once. */
  readonly batchMs?: { readonly p50: number; readonly p99: number; readonly count: number };
  /** Records of that batch. */
  readonly batchRecords?: number;
  /** Of the run up to its model, on the clock. */
  readonly trainSeconds?: number;
  /** Of the process that trained, at its peak. */
  readonly peakBytes?: number;
  /** Forecast of the finished model before it was measured. */
  readonly predicted?: {
    readonly sizeBytes: number;
    readonly memoryBytes: number;
    readonly latencyMs: number;
    readonly batchMs?: number;
  };
  /** Forecast before anything was trained: of training, and of a model of the learner that won. */
  readonly before?: {
    readonly trainSeconds: number;
    readonly peakBytes: number;
    readonly learner?:
      | {
          readonly learner: string;
          readonly sizeBytes: number;
          readonly memoryBytes: number;
          readonly latencyMs: number;
          readonly batchMs: number;
        }
      | undefined;
  };
  /** Where a limit of the request is missed: what was tried, measured; the first was kept, and none of them beats another in everything. */
  readonly tradeOff?: readonly TradeOffFact[];
  readonly record?: string;
  /** The record that has forecasts and trade-offs. */
  readonly forecastRecord?: string;
}

/** A form of the model, delivered or not. */
export interface FormFact {
  readonly form: ModelForm;
  /** Whether it is the model: what the vault has judged, and `model.onnx`. */
  readonly isDeployed: boolean;
  readonly isDelivered: boolean;
  /** Why it is not delivered. */
  readonly whyNot?: string;
  /** Where weights are rounded, and of float32: on validation data, in the metric that search compared by. */
  readonly score?: number;
  /** What it loses beside float32, and what it may lose; more is worse. */
  readonly loss?: number;
  readonly toleratedLoss?: number;
  /** Of an answer from float32, relative to max(1, magnitude), over `rows` rows that the model has learnt from. */
  readonly maxDifference?: number;
  readonly meanDifference?: number;
  readonly labelDifferences?: number;
  readonly rows?: number;
  /** What `maxDifference` may be. */
  readonly tolerance?: number;
  readonly sizeBytes?: number;
  /** Median for one record, of float32 and of this form. */
  readonly latencyMs?: { readonly before: number; readonly after: number };
  /** What predicted, where it is not what serves models here. */
  readonly runtime?: string;
  /** SHA-256 of the file, of the module's text, or of the model in a browser's folder. */
  readonly hash?: string;
  readonly record?: string;
}

/** One size of the model that could be had. */
export interface TradeOffFact {
  readonly what: string;
  /** On validation data, in the metric that search compared by. */
  readonly score: number;
  readonly sizeBytes: number;
  readonly latencyMs: number;
  readonly memoryBytes: number;
}

/** One choice, who took it, and why. */
export interface DecisionFact {
  readonly question: string;
  /** The question's own sentence. */
  readonly about?: string;
  readonly stage?: string;
  readonly by: 'given' | 'journal' | 'llm' | 'rule' | 'host';
  /** The answer in a few words. */
  readonly answer: string;
  readonly why?: string;
  readonly record?: string;
}

/** What one agent told another through the hub. */
export interface MessageFact {
  readonly from: string;
  readonly to: string;
  readonly stage: string;
  readonly summary: string;
  readonly record?: string;
}
