import { type Prompt, told } from '../../../core/prompt.ts';
import type { DeploymentSubject } from '../plan.ts';

/** What a language model is told of a finished model's resources. */
export const deploymentPrompt: Prompt<DeploymentSubject> = {
  about: 'How the model is best served: inside the application, or as a service of its own on this machine.',
  facts: [told('latencyP50Ms', { isNeeded: true }), told('sizeBytes'), told('limits')],
};
