import { TrainerError } from '../core/errors.ts';
import type { Tool } from '../core/tool.ts';
import type { Agent } from './agent.ts';

/**
 * Checks that questions name tools of their agents.
 *
 * @throws {TrainerError} PLUGIN_INVALID
 */
export function checkTools(agents: readonly Agent[]): void {
  for (const { name, questions, tools = [] } of agents) {
    for (const { id, tools: wanted = [], maxToolCalls = 3 } of questions) {
      const unknown = wanted.find((tool) => !tools.some((own) => own.name === tool));
      if (unknown !== undefined)
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected the tools of question "${id}" to be tools of agent "${name}" (${tools.map((tool) => tool.name).join(', ') || 'it has none'}), got "${unknown}".`,
          { details: { agent: name, question: id } },
        );
      const unfit = wanted.find((tool) => !/^[\w-]{1,64}$/.test(tool));
      if (unfit !== undefined)
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected a tool that language models may call to have a name of letters, digits, "-" and "_" (at most 64), got "${unfit}" of agent "${name}". Providers refuse other names; rename it.`,
          { details: { agent: name, question: id } },
        );
      if (!(Number.isInteger(maxToolCalls) && maxToolCalls >= 0 && maxToolCalls <= 10))
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected maxToolCalls of question "${id}" to be a whole number from 0 to 10, got ${String(maxToolCalls)}.`,
          { details: { agent: name, question: id } },
        );
    }
  }
}

/** The system prompt of an agent's questions: profile and knowledge, then those of what extends it, the same to the letter on each call. */
export function systemOf(agents: readonly Agent[], name: string): string {
  return agents
    .filter((agent) => agent.name === name)
    .flatMap(({ profile, knowledge }) => [profile, knowledge ?? ''])
    .filter((text) => text !== '')
    .join('\n\n');
}

/**
 * Agents as one: each answers its own questions with the profile, the procedures and the tools of all. Paragraphs that
 * several say are said once.
 */
export function asOneAgent(agents: readonly Agent[]): readonly Agent[] {
  const once = (texts: readonly string[]) => [...new Set(texts.flatMap((text) => text.split('\n\n')))].join('\n\n');
  const profile = once([
    `You are ${agents.length} agents in one, and answer the questions of each in its role.`,
    ...agents.map((agent) => agent.profile),
  ]);
  const knowledge = once(agents.flatMap((agent) => agent.knowledge ?? []));
  const tools = new Map<string, Tool>(agents.flatMap((agent) => (agent.tools ?? []).map((tool) => [tool.name, tool])));
  return agents.map((agent) => ({ ...agent, profile, knowledge, tools: [...tools.values()] }));
}
