import type { EventType, RunEvent } from './events.ts';
import type { Listeners } from './listeners.ts';

/** What a host's logger has: pino's and the console's do. The first argument holds the facts, the second is for people. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

type Line = { readonly level: keyof Logger; readonly facts: object; readonly message: string };

/** One line an event; events that are not named are not logged, nor is any text that goes to a language model. */
const lines: { readonly [Type in EventType]?: (event: RunEvent<Type>) => Line | undefined } = {
  'run-start': ({ resumed, seed, workUnits }) => ({
    level: 'info',
    facts: { seed, workUnits },
    message: resumed ? 'run goes on' : 'run begins',
  }),
  message: ({ stage, summary }) => ({ level: 'info', facts: { stage }, message: summary }),
  decision: ({ stage, question, by, why, fallback }) => ({
    level: fallback === undefined ? 'info' : 'warn',
    facts: { stage, question, by, ...(fallback === undefined ? {} : { fallback }) },
    message: `${question} decided by ${by}: ${why}`,
  }),
  'decision-pending': ({ stage, question, why }) => ({ level: 'warn', facts: { stage, question }, message: why }),
  'model-call': ({ stage, question, model, phase, usage, costUsd, error }) =>
    phase === 'request'
      ? undefined
      : {
          level: phase === 'error' ? 'warn' : 'debug',
          facts: { stage, question, model, usage, costUsd, error },
          message: phase === 'error' ? 'language model failed' : 'language model answered',
        },
  'trial-end': ({ trial, learner, metric, score, best, seconds, failed }) => ({
    level: failed === undefined ? 'debug' : 'warn',
    facts: { trial, learner, metric, score, best, seconds, ...(failed === undefined ? {} : { failed }) },
    message: failed === undefined ? `trial ${trial} of ${learner}` : `trial ${trial} of ${learner} failed`,
  }),
  'tool-call': ({ stage, tool, where, phase, seconds }) =>
    phase === 'start'
      ? undefined
      : {
          level: phase === 'restart' ? 'warn' : 'debug',
          facts: { stage, tool, where, seconds },
          message: phase === 'restart' ? `${tool} starts again in a new process` : tool,
        },
  'listener-error': ({ event, error }) => ({ level: 'warn', facts: { event, error }, message: 'a listener failed' }),
  'run-end': ({ status, seconds, error }) => ({
    level: error === undefined ? 'info' : 'error',
    facts: { status, seconds, ...(error === undefined ? {} : { code: error.code }) },
    message: error?.message ?? `run ended: ${status}`,
  }),
};

/** Writes the events of all runs to a logger; one that throws harms no run. */
export function logEvents(listeners: Listeners, logger: Logger): void {
  for (const type of Object.keys(lines) as (keyof typeof lines)[]) {
    const lineOf = lines[type] as (event: RunEvent) => Line | undefined;
    listeners.on(type, (event) => {
      const line = lineOf(event);
      if (line !== undefined) logger[line.level]({ runId: event.runId, ...line.facts }, line.message);
    });
  }
}
