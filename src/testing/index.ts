export { type FakeClock, fakeClock } from './fake-clock.ts';
export { fakeIds } from './fake-ids.ts';
export { type Late, later, type ScriptedModel, type ScriptedReply, scriptedModel } from './scripted-model.ts';
