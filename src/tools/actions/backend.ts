import type { CapabilityFacts } from '../../core/backend-facts.ts';
import { defineAction } from './action.ts';

export interface BackendInput {
  /** Which of the host's backends of this process. */
  readonly place: number;
}

export interface BackendOutput {
  readonly name: string;
  readonly capabilities: CapabilityFacts;
}

/** What a backend that is given as a module can do. */
export const backend = defineAction<BackendInput, BackendOutput>({
  name: 'backend',
  async run({ place }, context) {
    const { name, capabilities } = await context.backendAt(place);
    const { train, predict, dtypes, devices, deterministic } = capabilities;
    return { name, capabilities: { train, predict, dtypes, devices, deterministic } };
  },
});
