import { leaksQuestion } from './data/check.ts';
import { columnsQuestion } from './data/clean.ts';
import { sampleQuestion } from './data/reduce.ts';
import { balanceQuestion } from './model/balance.ts';
import { candidatesQuestion, configurationsQuestion } from './model/candidates.ts';
import { compressionQuestion } from './model/compress.ts';
import { calibrationQuestion, decisionQuestion } from './model/decide.ts';
import { ensembleQuestion } from './model/ensemble.ts';
import { formsQuestion } from './model/forms.ts';
import { deploymentQuestion } from './server/plan.ts';
import { driftQuestion } from './task/stages/drift.ts';
import { nextQuestion } from './task/stages/next.ts';
import { planQuestion } from './task/stages/plan.ts';
import { metricQuestion, targetQuestion } from './task/stages/understand.ts';

/** The questions of each agent, in the order in which a run comes to them. */
export const builtInQuestions = {
  task: [targetQuestion, metricQuestion, planQuestion, nextQuestion, driftQuestion],
  data: [columnsQuestion, leaksQuestion, sampleQuestion],
  model: [
    candidatesQuestion,
    configurationsQuestion,
    balanceQuestion,
    ensembleQuestion,
    compressionQuestion,
    formsQuestion,
    calibrationQuestion,
    decisionQuestion,
  ],
  server: [deploymentQuestion],
} as const;

/** Any question that comes with the library. */
export type BuiltInQuestion = (typeof builtInQuestions)[keyof typeof builtInQuestions][number];
