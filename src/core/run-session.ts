import type { LanguageModel } from '../llm/language-model.ts';
import type { Budget } from './budget.ts';
import type { Clock } from './clock.ts';
import type { Decider } from './decider.ts';
import type { EventBodies, EventType } from './events.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { Journal } from './journal.ts';
import type { LlmLedger } from './llm-budget.ts';
import type { Privacy } from './privacy.ts';
import type { RunInput } from './stage.ts';
import type { RunStore } from './store.ts';
import type { Tool } from './tool.ts';
import type { VaultLedger } from './vault-ledger.ts';
import type { Verdict } from './verdict.ts';
import type { Workbench } from './workbench.ts';

/** Everything that one run works with; made by the trainer, used by the context and the pipeline. */
export interface RunSession {
  readonly runId: string;
  readonly input: RunInput;
  readonly store: RunStore;
  readonly journal: Journal;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly child: Workbench;
  readonly host: Workbench;
  readonly llm: LanguageModel | undefined;
  /** What language models have taken, and may take. */
  readonly ledger: LlmLedger;
  readonly privacy: Privacy;
  readonly hostLearners: readonly string[];
  /** Names of the metrics that are computed on the host's thread. */
  readonly hostMetrics: readonly string[];
  readonly deciders: ReadonlyMap<string, readonly Decider[]>;
  readonly deciderTimeoutMs: number;
  /** Answers that the host gave at the start and at each resume. */
  readonly given: ReadonlyMap<string, unknown>;
  /** Questions that the run was paused on before: resumed without an answer, it takes the default. */
  readonly pausedOn: ReadonlySet<string>;
  /** The verdict of a run that has ended declined: what it did not come to is not asked any more. */
  readonly over?: Verdict;
  readonly vaultLedger: VaultLedger;
  /** Profile and knowledge of an agent, as the system prompt of its questions. */
  systemOf(agent: string): string;
  /**
   * What an agent is told of the run besides the facts of a question: nothing where each has its own messages, all decisions
   * so far, the last first, where one agent answers for all.
   */
  memoryOf(agent: string): Json | undefined;
  /** Read-only tools of an agent. */
  toolsOf(agent: string): readonly Tool[];
  emit<Type extends EventType>(type: Type, body: EventBodies[Type]): void;
  /** Seconds that earlier processes worked on this run. */
  readonly secondsBefore: number;
  readonly startedAt: number;
}
