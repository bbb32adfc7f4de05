export type { Agent, Around, Consultation } from './agents/agent.ts';
export { defineAgent } from './agents/agent.ts';
export { type AgentExtension, extendAgent } from './agents/extend-agent.ts';
export { type Conversion, convert, convertToBrowser, convertToModule, type Precision } from './convert.ts';
export type { Clock, Ids } from './core/clock.ts';
export { type Action, accept, type Decider, type Proposal, pause, replace, retry, stop } from './core/decider.ts';
export { type ErrorCode, errorTable, TrainerError } from './core/errors.ts';
export type { DecidedBy, EventBodies, EventType, RunEvent, RunStatus, TrainerEvent } from './core/events.ts';
export { fileStore } from './core/file-store.ts';
export type { OpenQuestion } from './core/halt.ts';
export type { ModelForm } from './core/helpers/model-forms.ts';
export type { LlmBudget, LlmPrices, LlmSpent } from './core/llm-budget.ts';
export type { Logger } from './core/logger.ts';
export { memoryStore } from './core/memory-store.ts';
export type { DeliveredForm, ModelCard, ModelInterface } from './core/outcome.ts';
export { mergeSmallCounts, type Privacy, sampleCells } from './core/privacy.ts';
export type { Fact, Prompt } from './core/prompt.ts';
export { type AnyQuestion, defineQuestion, type Question, type RuleAnswer } from './core/question.ts';
export type { BudgetName, DataRecord, DataSource, ReadingOptions, RunRequest, TaskFields } from './core/request.ts';
export type { Run } from './core/run.ts';
export type { OutboundCall } from './core/send-to-model.ts';
export { defineSource, type SourceContext, type SourceData, type SourceDefinition } from './core/source.ts';
export type { Stage, StageContext } from './core/stage.ts';
export type { Problem, Schema } from './core/standard-schema.ts';
export type { RunStore, Store } from './core/store.ts';
export type { BuiltInMetric, MetricId, TaskKind, TaskSpec } from './core/task-spec.ts';
export { defineTool, type Tool, type ToolContext } from './core/tool.ts';
export type { TrainerMode } from './core/trainer-mode.ts';
export type { Verdict } from './core/verdict.ts';
export { version } from './core/version.ts';
export type { DriftOptions, DriftProposal, RetrainingRequest } from './drift-proposal.ts';
export type { ForkedRun } from './forked-run.ts';
export { type CompareOptions, compare, type EvaluateOptions, evaluate, type ModelSource } from './judge-models.ts';
export { cached, type ReplyStore } from './llm/cached.ts';
export { fallback } from './llm/fallback.ts';
export type { LanguageModel, ModelReply, ModelRequest, ModelTool, ModelUsage } from './llm/language-model.ts';
export { type LimitOptions, limited } from './llm/limited.ts';
export { loadModel } from './load-model.ts';
export type { PlannedStep, RunPlan } from './run-plan.ts';
export type { Deployment } from './server/listen.ts';
export type { Judged, JudgedGain, JudgedScore } from './tools/actions/judge.ts';
export type { PredictionResult } from './tools/artefact/decode-predictions.ts';
export type { Model } from './tools/artefact/model.ts';
export type { ModelMapping } from './tools/artefact/model-mapping.ts';
export {
  type CostMetricOptions,
  type CountedLabels,
  costMetric,
  defineMetric,
  type JudgedProbabilities,
  type JudgedValues,
  type OwnMetric,
} from './tools/evaluate/define-metric.ts';
export type { PairedTest } from './tools/evaluate/paired-tests.ts';
export type { Explanation } from './tools/explain/explanation.ts';
export { defineLearner } from './tools/learn/define-learner.ts';
export type {
  Configuration,
  Features,
  Fit,
  FitContext,
  FittedModel,
  GraphFeatures,
  Learner,
  LearnerFacts,
  ModelState,
  SearchSpace,
  TrainingRows,
} from './tools/learn/learner.ts';
export type { ComparedFact, RunComparison } from './tools/report/compare-runs.ts';
export type { Evaluation, ModelComparison } from './tools/report/judged.ts';
export type { RunFacts } from './tools/report/report-facts.ts';
export {
  type AnswersById,
  type ForkOptions,
  type MetricName,
  type ResumeOptions,
  Trainer,
  type TrainerOptions,
} from './trainer.ts';
export type { TrainerOutcome } from './trainer-outcome.ts';
