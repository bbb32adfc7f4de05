export { type BackendConformanceOptions, backendConformance } from './backend/backend-conformance.ts';
export { type ReplayModel, recordingModel, replayModel } from './cassette.ts';
export type { ConformanceTest } from './conformance-test.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { fakeIds } from './fake-ids.ts';
export { adversarialModel, brokenModel, type HostileModel, obedientModel } from './hostile-models.ts';
export { type LearnerConformanceOptions, learnerConformance } from './learner-conformance.ts';
export { type MetricConformanceOptions, metricConformance } from './metric-conformance.ts';
export { languageModelConformance } from './model-conformance.ts';
export {
  agentConformance,
  sourceConformance,
  storeConformance,
  type ToolConformanceOptions,
  toolConformance,
} from './plug-in-conformance.ts';
export { type Late, later, type ScriptedModel, type ScriptedReply, scriptedModel } from './scripted-model.ts';
