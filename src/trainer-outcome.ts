import type { Outcome } from './core/outcome.ts';
import type { Model } from './tools/artefact/model.ts';
import type { RunFacts } from './tools/report/report-facts.ts';
import type { Deployment } from './tools/serve/serve.ts';

/** How a run of the {@link Trainer} ended: `complete` with a model, `declined` with reasons, or `paused` with questions. */
export type TrainerOutcome = Outcome<RunFacts, Model, Deployment>;
