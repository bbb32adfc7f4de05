import type { Stage } from '../core/stage.ts';
import { type Agent, defineAgent } from './agent.ts';
import { checkStage } from './data/check.ts';
import { cleanStage } from './data/clean.ts';
import { collectStage } from './data/collect.ts';
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
import { modelProfile } from './model/profile.ts';
import { searchStage } from './model/search.ts';
import { builtInQuestions } from './questions.ts';
import { estimateStage } from './server/estimate.ts';
import { interfaceStage } from './server/interface.ts';
import { deploymentStage } from './server/plan.ts';
import { serverProfile } from './server/profile.ts';
import { taskProfile } from './task/profile.ts';
import { assessStage } from './task/stages/assess.ts';
import { forecastStage } from './task/stages/forecast.ts';
import { nextStage } from './task/stages/next.ts';
import { planStage } from './task/stages/plan.ts';
import { understandStage } from './task/stages/understand.ts';

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
  defineAgent({ name: 'task', profile: taskProfile, questions: builtInQuestions.task }),
  defineAgent({ name: 'data', profile: dataProfile, questions: builtInQuestions.data }),
  defineAgent({ name: 'model', profile: modelProfile, questions: builtInQuestions.model }),
  defineAgent({ name: 'server', profile: serverProfile, questions: builtInQuestions.server }),
];
