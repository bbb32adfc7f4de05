import type { AnyQuestion } from '../core/question.ts';
import type { Agent, Around } from './agent.ts';

/** The agents that come with the library. */
export type BuiltInAgentName = 'task' | 'data' | 'model' | 'server';

/** What is added to an agent. */
export interface AgentExtension<Questions extends readonly AnyQuestion[] = readonly []> {
  /** Stands behind the agent's own role. */
  readonly profile?: string;
  /** Stands behind what the agent knows. */
  readonly knowledge?: string;
  readonly questions?: Questions;
  readonly stages?: Agent['stages'];
  readonly consultations?: Agent['consultations'];
  /** Wraps steps by name: `next()` runs the step as it was. What comes out is checked as the step's own message. */
  readonly around?: Readonly<Record<string, Around>>;
}

/**
 * Adds to an agent, one of the host's or a built-in one by name, without a change to it: more to know, more questions, more
 * consultations, and code around its steps.
 *
 * @example
 * const timed = extendAgent('data', { around: { 'data.clean': async (_, next) => { console.time('clean'); const result = await next(); console.timeEnd('clean'); return result; } } });
 * new Trainer({ agents: [timed] });
 */
export function extendAgent<
  const Name extends string,
  const Own extends readonly AnyQuestion[] = readonly [],
  const More extends readonly AnyQuestion[] = readonly [],
>(
  base: Agent<Name, Own> | (Name & BuiltInAgentName),
  extension: AgentExtension<More>,
): Agent<Name, readonly [...Own, ...More]> {
  const own: Partial<Agent<Name, Own>> & { readonly name: Name } = typeof base === 'string' ? { name: base } : base;
  const join = (...texts: readonly (string | undefined)[]) =>
    texts.filter((text) => text !== undefined && text !== '').join('\n\n');
  const questions = [...(own.questions ?? []), ...(extension.questions ?? [])];
  const knowledge = join(own.knowledge, extension.knowledge);
  const inner = own.around ?? {};
  const around: Record<string, Around> = { ...inner };
  for (const [stage, outer] of Object.entries(extension.around ?? {})) {
    const within = inner[stage];
    around[stage] = within === undefined ? outer : (context, next) => outer(context, async () => within(context, next));
  }
  return {
    name: own.name,
    profile: join(own.profile, extension.profile),
    ...(knowledge === '' ? {} : { knowledge }),
    questions: questions as unknown as readonly [...Own, ...More],
    ...(own.tools === undefined ? {} : { tools: own.tools }),
    stages: [...(own.stages ?? []), ...(extension.stages ?? [])],
    consultations: [...(own.consultations ?? []), ...(extension.consultations ?? [])],
    around,
  };
}
