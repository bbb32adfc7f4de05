import type { RunFacts } from './report-facts.ts';

/** The answer without what the verdict says too, where that leaves anything: pages show both. */
export function answerBesideVerdict({ answer = [], verdict }: RunFacts): readonly string[] {
  const rest = answer.filter((paragraph) => !verdict.reasons.some(({ message }) => message === paragraph));
  return rest.length > 0 ? rest : answer;
}
