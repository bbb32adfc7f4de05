import { type Context, context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { EventType, RunEvent } from './core/events.ts';
import type { Trainer } from './trainer.ts';

/** Options of {@link traceRuns}. */
export interface TraceOptions {
  /** @default the global provider's tracer "traineragent" */
  readonly tracer?: Tracer;
}

interface Open {
  readonly span: Span;
  readonly context: Context;
}

/**
 * Makes OpenTelemetry spans of a trainer's runs: one a run, below it one a stage, below that one a tool call, trial or call
 * of a language model, with decisions as events of their stage. Texts, answers and cell values are in none. Returns what
 * ends the tracing; spans that are open then are ended.
 *
 * @example
 * const stop = traceRuns(trainer);
 */
export function traceRuns(trainer: Pick<Trainer, 'on'>, options: TraceOptions = {}): () => void {
  const tracer = options.tracer ?? trace.getTracer('traineragent');
  const open = new Map<string, Open>();
  const key = (event: RunEvent, ...parts: readonly (string | number)[]) => [event.runId, ...parts].join(' ');
  const start = (
    id: string,
    name: string,
    event: RunEvent,
    parent: Open | undefined,
    attributes: Readonly<Record<string, string | number | boolean>>,
  ) => {
    const within = parent?.context ?? context.active();
    const span = tracer.startSpan(name, { startTime: event.time, attributes }, within);
    open.set(id, { span, context: trace.setSpan(within, span) });
  };
  const end = (id: string, event: RunEvent, error?: string) => {
    const found = open.get(id);
    if (found === undefined) return;
    if (error !== undefined) found.span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    found.span.end(event.time);
    open.delete(id);
  };
  const run = (event: RunEvent) => open.get(key(event));
  const stageOf = (event: RunEvent & { readonly stage: string }) => open.get(key(event, event.stage)) ?? run(event);
  const removers: (() => void)[] = [];
  const on = <Type extends EventType>(type: Type, listener: (event: RunEvent<Type>) => void) =>
    removers.push(trainer.on(type, listener as never));

  on('run-start', (event) =>
    start(key(event), 'traineragent.run', event, undefined, {
      'traineragent.run_id': event.runId,
      'traineragent.resumed': event.resumed,
      'traineragent.work_units': event.workUnits,
    }),
  );
  on('stage-start', (event) =>
    start(key(event, event.stage), event.stage, event, run(event), {
      'traineragent.agent': event.agent,
      'traineragent.visit': event.visit,
    }),
  );
  on('stage-end', (event) => end(key(event, event.stage), event));
  on('decision', (event) => {
    const { question, by } = event;
    const attributes = { 'traineragent.question': question, 'traineragent.by': by };
    stageOf(event)?.span.addEvent('decision', attributes, event.time);
  });
  on('tool-call', (event) => {
    const id = key(event, event.stage, event.tool, event.ordinal);
    if (event.phase === 'end') end(id, event);
    else if (event.phase === 'restart') open.get(id)?.span.addEvent('restart', event.time);
    else start(id, event.tool, event, stageOf(event), { 'traineragent.where': event.where });
  });
  on('model-call', (event) => {
    const id = key(event, event.stage, event.question, 'model');
    if (event.phase === 'request')
      start(id, `chat ${event.model}`, event, stageOf(event), {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': event.model,
        'traineragent.question': event.question,
      });
    else end(id, event, event.phase === 'error' ? (event.error ?? 'failed') : undefined);
  });
  on('run-end', (event) => {
    run(event)?.span.setAttribute('traineragent.status', event.status);
    const left = [...open.keys()].filter((id) => id.startsWith(`${event.runId} `));
    for (const id of left) end(id, event, event.error?.code);
    end(key(event), event, event.error?.code);
  });
  return () => {
    for (const remove of removers) remove();
    for (const { span } of open.values()) span.end();
    open.clear();
  };
}
