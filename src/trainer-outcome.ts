import type { Outcome } from './core/outcome.ts';
import type { MetricId } from './core/task-spec.ts';
import type { ServiceOptions } from './serve.ts';
import type { Deployment, ListenOptions } from './server/listen.ts';
import type { PredictionResult } from './tools/artefact/decode-predictions.ts';
import type { Model } from './tools/artefact/model.ts';
import type { RunFacts } from './tools/report/report-facts.ts';

/** How a run of the {@link Trainer} ended: `complete` with a model, `declined` with reasons, or `paused` with questions. */
export type TrainerOutcome<
  Input extends object = object,
  Result = PredictionResult,
  Metric extends MetricId = MetricId,
> = Outcome<RunFacts<Metric>, Model<Input, Result>, Deployment, ServiceOptions & ListenOptions>;
