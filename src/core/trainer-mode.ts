/**
 * Who a language model is told that it is. `agents`: each question is put by one of the four agents, with its profile, its
 * procedures and what it was handed. `single`: one agent with the profiles, procedures and tools of all four, that also sees
 * every decision so far. Questions, rules and checks are the same.
 */
export type TrainerMode = 'agents' | 'single';

export const trainerModes: readonly TrainerMode[] = ['agents', 'single'];
