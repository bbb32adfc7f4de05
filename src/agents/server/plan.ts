import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage } from '../../core/stage.ts';
import type { Estimated } from './estimate.ts';
import { deploymentPrompt } from './prompts/deployment.ts';

/** What the way of serving is chosen from. */
export interface DeploymentSubject {
  readonly latencyP50Ms: number;
  readonly sizeBytes: number;
  readonly limits: readonly { readonly limit: string; readonly asked: number; readonly measured: number }[];
}

/** How the model is to be served; nothing is opened before the host says so. */
export const deploymentQuestion = defineQuestion({
  id: 'server.deployment',
  about: deploymentPrompt.about,
  prompt: deploymentPrompt,
  facts: (subject: DeploymentSubject) => ({ ...subject, limits: subject.limits.map((limit) => ({ ...limit })) }),
  answer: () => z.strictObject({ way: z.enum(['in-process', 'service']) }),
  rule: ({ latencyP50Ms }) =>
    latencyP50Ms < 5
      ? {
          answer: { way: 'in-process' as const },
          why: `One prediction takes ${latencyP50Ms.toFixed(2)} ms, less than a call over HTTP is worth.`,
        }
      : {
          answer: { way: 'service' as const },
          why: `One prediction takes ${latencyP50Ms.toFixed(2)} ms and would block the application's event loop.`,
        },
  language: 'unsure',
});

export const deploymentSchema = z.object({ way: z.enum(['in-process', 'service']), endpoints: z.array(z.string()) });

export type DeploymentPlan = z.infer<typeof deploymentSchema>;

/** Says how the model is served. A run opens no port. */
export const deploymentStage = defineStage<DeploymentPlan>({
  name: 'server.plan',
  agent: 'server',
  to: 'task',
  output: deploymentSchema,
  async run(context) {
    const { latencyMs, sizeBytes, limits } = context.message<Estimated>('server.estimate')!;
    const { way } = await context.ask(deploymentQuestion, {
      latencyP50Ms: latencyMs.p50,
      sizeBytes,
      limits: limits.map(({ limit, asked, measured }) => ({ limit, asked, measured })),
    });
    return {
      message: {
        way,
        endpoints: [
          'POST /v1/predict',
          'GET /v1/signature',
          'GET /openapi.json',
          'POST /v2/models/{model}/infer',
          'POST /v1/outcomes',
          'GET /v1/scores',
          'GET /metrics',
          'GET /livez',
          'GET /readyz',
        ],
      },
      summary: way === 'in-process' ? 'Best called inside the application.' : 'Best run as a service of its own.',
    };
  },
});
