import { z } from 'zod';
import { TrainerError } from '../core/errors.ts';
import { Halt } from '../core/halt.ts';
import { errorText } from '../core/helpers/error-text.ts';
import { defineStage, type Stage } from '../core/stage.ts';
import type { Agent } from './agent.ts';

/**
 * The stages of a run: the built-in ones, with those of the host's agents in the place of the same name, and each
 * consultation as a stage of its own behind the one it follows.
 *
 * @throws {TrainerError} PLUGIN_INVALID where an agent names a stage that is not there
 */
export function arrangeStages(builtIn: readonly Stage[], agents: readonly Agent[]): readonly Stage[] {
  const stages = [...builtIn];
  const indexOf = (name: string, agent: string): number => {
    const index = stages.findIndex((stage) => stage.name === name);
    if (index >= 0) return index;
    throw new TrainerError(
      'PLUGIN_INVALID',
      `Expected agent "${agent}" to name one of the stages ${builtIn.map((stage) => stage.name).join(', ')}, got "${name}".`,
    );
  };
  for (const agent of agents) {
    for (const stage of agent.stages ?? []) stages[indexOf(stage.name, agent.name)] = guarded(stage, agent.name);
    for (const [name, around] of Object.entries(agent.around ?? {})) {
      const place = indexOf(name, agent.name);
      const stage = stages[place]!;
      stages[place] = guarded({ ...stage, run: (context) => around(context, () => stage.run(context)) }, agent.name);
    }
    for (const consultation of agent.consultations ?? []) {
      let place = indexOf(consultation.after, agent.name) + 1;
      // In the order of registration: behind those who are consulted here already.
      while (stages[place]?.name.endsWith(`.after-${consultation.after}`)) place++;
      stages.splice(
        place,
        0,
        guarded(
          defineStage({
            name: `${agent.name}.after-${consultation.after}`,
            agent: agent.name,
            to: 'task',
            output: z.object({ said: z.string() }),
            async run(context) {
              const said = (await consultation.run(context)) ?? '';
              return { message: { said }, summary: said };
            },
          }),
          agent.name,
        ),
      );
    }
  }
  return stages;
}

/** A stage of the host, whose own errors are told as such and not as ours. */
function guarded(stage: Stage, agent: string): Stage {
  return {
    ...stage,
    async run(context) {
      try {
        return await stage.run(context);
      } catch (cause) {
        if (cause instanceof Halt || TrainerError.isInstance(cause) || context.signal.aborted) throw cause;
        throw new TrainerError(
          'PLUGIN_INVALID',
          `Expected step "${stage.name}" of agent "${agent}" to end with a message, but it threw: ${errorText(cause)}`,
          { cause, details: { stage: stage.name, agent } },
        );
      }
    },
  };
}
