import type { Json } from '../../../core/helpers/canonical-json.ts';
import type { ModelForm } from '../../../core/helpers/model-forms.ts';
import type { ClassWeight, MetricId, TaskKind, TaskSpec } from '../../../core/task-spec.ts';
import type { LearnerFamily } from '../plan/plan.ts';

/** Answers that the host has fixed; they are checked, win over the prompt, and nobody is asked. */
export interface FixedAnswers {
  readonly task?: TaskKind;
  readonly target?: string;
  readonly positive?: string;
  readonly inputs?: readonly string[];
  readonly ignore?: readonly string[];
  readonly weight?: string;
  readonly group?: string;
  readonly time?: string;
  readonly entity?: string;
  readonly classWeight?: ClassWeight;
  readonly metrics?: readonly { readonly metric: MetricId; readonly threshold?: number }[];
  readonly forms?: readonly ModelForm[];
  readonly limits?: {
    readonly latencyMs?: number;
    readonly sizeBytes?: number;
    readonly memoryBytes?: number;
    readonly trainSeconds?: number;
  };
}

/** One thing that the user has to say before a model can be made. */
export interface Clarification {
  readonly id: 'target';
  /** In plain words. */
  readonly question: string;
  /** Column names, the likeliest first; never empty. */
  readonly options: readonly string[];
  /** One of the options. */
  readonly default: string;
  /** What the answer changes, in plain words. */
  readonly changes: string;
}

/** Why the target had to be asked for. */
export type ClarifyCode = 'TARGET_AMBIGUOUS' | 'TARGET_NOT_FOUND' | 'TARGET_NOT_NAMED' | 'LANGUAGE';

/** Why a request can't become a task for a table. */
export type RejectCode =
  | 'NO_DATA'
  | 'NO_TARGET'
  | 'NOT_A_LEARNING_TASK'
  | 'HARMFUL'
  | 'FORECASTING'
  | 'CLUSTERING'
  | 'ANOMALY_DETECTION'
  | 'IMAGES'
  | 'AUDIO'
  | 'TEXT_GENERATION'
  | 'RECOMMENDATION'
  | 'MULTI_LABEL'
  | 'SEVERAL_TARGETS'
  | 'SURVIVAL_ANALYSIS'
  | 'CAUSAL'
  | 'DERIVED_TARGET'
  | 'TARGET_KIND';

/** What the parser took from the request. Exactly one of three: a checked spec, questions, or a refusal with its evidence. */
export type Understanding =
  | {
      readonly kind: 'spec';
      readonly spec: TaskSpec;
      /** Families of learners that the words ask for; a preference for the plan, never a promise. */
      readonly learners: readonly LearnerFamily[];
      /** Characters of a long prompt that say something again, or were beyond what is read. @default 0 */
      readonly unread?: number;
    }
  | { readonly kind: 'clarify'; readonly code: ClarifyCode; readonly clarify: readonly Clarification[] }
  | { readonly kind: 'reject'; readonly reject: { readonly code: RejectCode; readonly evidence: Json } };
