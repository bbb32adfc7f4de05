import type { Stage } from '../core/stage.ts';
import { type Agent, defineAgent } from './agent.ts';
import { checkStage } from './data/check.ts';
import { cleanStage } from './data/clean.ts';
import { collectStage } from './data/collect.ts';
import { dataKnowledge } from './data/knowledge.ts';
import { prepareStage } from './data/prepare.ts';
import { dataProfile } from './data/profile.ts';
import { reduceStage } from './data/reduce.ts';
import { splitStage } from './data/split.ts';
import { candidatesStage } from './model/candidates.ts';
import { compressStage } from './model/compress.ts';
import { decideStage } from './model/decide.ts';
import { ensembleStage } from './model/ensemble.ts';
import { evaluateStage } from './model/evaluate.ts';
import { explainStage } from './model/explain.ts';
import { freezeStage } from './model/freeze.ts';
import { modelKnowledge } from './model/knowledge.ts';
import { modelProfile } from './model/profile.ts';
import { searchStage } from './model/search.ts';
import { builtInQuestions } from './questions.ts';
import { estimateStage } from './server/estimate.ts';
import { interfaceStage } from './server/interface.ts';
import { serverKnowledge } from './server/knowledge.ts';
import { deploymentStage } from './server/plan.ts';
import { serverProfile } from './server/profile.ts';
import { taskKnowledge } from './task/knowledge.ts';
import { taskProfile } from './task/profile.ts';
import { assessStage } from './task/stages/assess.ts';
import { forecastStage } from './task/stages/forecast.ts';
import { nextStage } from './task/stages/next.ts';
import { planStage } from './task/stages/plan.ts';
import { understandStage } from './task/stages/understand.ts';
import { columnsTool, columnTool } from './tools/columns.ts';
import { trialsTool } from './tools/trials.ts';

/** The steps of a run, in order. `task.next` may go back to an earlier one. */
export const builtInStages: readonly Stage[] = [
  collectStage,
  understandStage,
  assessStage,
  planStage,
  splitStage,
  cleanStage,
  checkStage,
  prepareStage,
  reduceStage,
  candidatesStage,
  searchStage,
  nextStage,
  ensembleStage,
  compressStage,
  decideStage,
  freezeStage,
  explainStage,
  evaluateStage,
  estimateStage,
  interfaceStage,
  deploymentStage,
];

/** The steps of a run up to its plan, from all of its steps, and then what that plan will cost. */
export function planningStages(stages: readonly Stage[]): readonly Stage[] {
  return [...stages.slice(0, stages.indexOf(splitStage)), forecastStage];
}

/** The four agents. */
export const builtInAgents: readonly Agent[] = [
  defineAgent({
    name: 'task',
    profile: taskProfile,
    knowledge: taskKnowledge,
    questions: builtInQuestions.task,
    tools: [columnTool, columnsTool, trialsTool],
  }),
  defineAgent({
    name: 'data',
    profile: dataProfile,
    knowledge: dataKnowledge,
    questions: builtInQuestions.data,
    tools: [columnTool],
  }),
  defineAgent({
    name: 'model',
    profile: modelProfile,
    knowledge: modelKnowledge,
    questions: builtInQuestions.model,
    tools: [trialsTool],
  }),
  defineAgent({
    name: 'server',
    profile: serverProfile,
    knowledge: serverKnowledge,
    questions: builtInQuestions.server,
  }),
];
