import { z } from 'zod';
import type { CapabilityFacts } from '../../core/backend-facts.ts';
import { lackingOf, runNeeds } from '../../core/helpers/backend-need.ts';
import type { StageContext } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';

/** Where networks train, and which of the host's backends were passed over. */
export const trainingBackendSchema = z.object({
  name: z.string(),
  where: z.enum(['child', 'host']),
  devices: z.array(z.string()),
  deterministic: z.boolean(),
  passedOver: z.array(z.object({ name: z.string(), why: z.string() })),
});

export type TrainingBackend = z.infer<typeof trainingBackendSchema>;

/** ONNX Runtime on the CPU, in the run's child process. */
const usual = { name: 'onnx', where: 'child', devices: ['cpu'], deterministic: true } as const;

/**
 * The first of the host's backends that networks can train on, else the usual one; undefined where the host gave none. Whether
 * it can be reached is found where it is used.
 */
export async function trainingBackendOf(context: StageContext): Promise<TrainingBackend | undefined> {
  const { ownBackends } = context.input;
  if (ownBackends.length === 0) return undefined;
  const passedOver: { name: string; why: string }[] = [];
  let place = 0;
  for (const given of ownBackends) {
    const own = given.where === 'child' ? place++ : -1;
    const described =
      given.capabilities === undefined
        ? await callAction(context, 'backend', { place: own })
        : { name: given.name ?? 'own', capabilities: given.capabilities };
    const lacking = lackingOf(described.capabilities, runNeeds.train);
    if (lacking.length === 0) return { ...factsOf(described.name, described.capabilities, given.where), passedOver };
    passedOver.push({ name: described.name, why: `It ${lacking.join(' and ')}.` });
  }
  return { ...usual, devices: [...usual.devices], passedOver };
}

function factsOf(name: string, { devices, deterministic }: CapabilityFacts, where: TrainingBackend['where']) {
  return { name, where, devices: [...devices], deterministic };
}

/** `tfjs (webgl), on the host's thread`. */
export function backendInWords({ name, where, devices }: TrainingBackend): string {
  return `${name} (${devices.join(', ')})${where === 'host' ? ", on the host's thread" : ''}`;
}

/** One or more sentences for people. */
export function backendSentence(backend: TrainingBackend): string {
  return [
    `Networks train on ${backendInWords(backend)}.`,
    ...backend.passedOver.map(({ name, why }) => `Not on ${name}: ${why}`),
  ].join(' ');
}

/** Where the networks of a run trained; undefined where the host gave no backends, or none was trained. */
export function backendOf(messages: ReadonlyMap<string, unknown>): TrainingBackend | undefined {
  return (messages.get('model.candidates') as { readonly backend?: TrainingBackend } | undefined)?.backend;
}

/** Learners of this run by name, and those that work on the host's thread. */
export interface ListedLearners {
  readonly names: readonly string[];
  readonly onHost: readonly string[];
  /** Absent where the host gave no backends. */
  readonly backend?: TrainingBackend;
}

/** All learners, each once, with where they work: an object of the host's does on its thread, and what trains on one does too. */
export async function listLearners(context: StageContext): Promise<ListedLearners> {
  // Journals of earlier versions do not say which learners train on a backend.
  const { names, onBackend = [] }: { names: readonly string[]; onBackend?: readonly string[] } = await callAction(
    context,
    'learners',
    {},
  );
  const backend = await trainingBackendOf(context);
  const moved = backend?.where === 'host' ? onBackend : [];
  const onHost = [...new Set([...context.hostLearners, ...moved])];
  return {
    names: [...new Set([...names, ...onHost])],
    onHost,
    ...(backend === undefined ? {} : { backend }),
  };
}
