import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool, extendAgent, type Logger, pause, Trainer } from '../../src/index.ts';
import { traceRuns } from '../../src/opentelemetry.ts';

const rows = Array.from({ length: 80 }, (_, i) => ({ x: (i * 7) % 40, y: (i * 7) % 40 > 20 ? 'yes' : 'no' }));
const request = { data: rows, task: { target: 'y' }, budget: { workUnits: 20 } } as const;

const calls: unknown[] = [];
const counted = defineTool({
  name: 'data.count',
  about: 'Counts.',
  input: z.strictObject({ of: z.string() }),
  output: z.strictObject({ count: z.number() }),
  run: (input) => {
    calls.push(input);
    return { count: calls.length };
  },
});

describe('what a host sees of a run', () => {
  it('spans: a run, its stages below it, tool calls and decisions below them, errors as errors', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const trainer = new Trainer();
    const stop = traceRuns(trainer, { tracer: provider.getTracer('test') });
    const { runId } = await trainer.run(request).result;
    const spans = exporter.getFinishedSpans();
    const named = (name: string) => spans.find((span) => span.name === name)!;
    const run = named('traineragent.run');
    expect(run.attributes).toMatchObject({ 'traineragent.run_id': runId, 'traineragent.status': 'complete' });
    expect(named('data.split').parentSpanContext?.spanId).toBe(run.spanContext().spanId);
    expect(named('collect').parentSpanContext?.spanId).toBe(named('data.collect').spanContext().spanId);
    expect(named('task.plan').events.map(({ attributes }) => attributes?.['traineragent.question'])).toEqual([
      'task.plan',
    ]);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toContain('"yes"');

    exporter.reset();
    await trainer.run({ ...request, data: '/nowhere/none.csv' }).result.catch(() => undefined);
    const failed = exporter.getFinishedSpans().find(({ name }) => name === 'traineragent.run')!;
    expect(failed.status).toEqual({ code: 2, message: 'DATA_NOT_FOUND' });
    expect(exporter.getFinishedSpans().find(({ name }) => name === 'data.collect')).toBeDefined();
    stop();
    exporter.reset();
    await trainer.plan(request);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('a logger hears lines with facts, and one that throws harms nothing', async () => {
    const lines: [string, object, string][] = [];
    const logger = Object.fromEntries(
      ['debug', 'info', 'warn', 'error'].map((level) => [
        level,
        (facts: object, message: string) => lines.push([level, facts, message]),
      ]),
    ) as unknown as Logger;
    const { runId } = await new Trainer({ logger }).run(request).result;
    expect(lines[0]).toEqual(['info', { runId, seed: 0, workUnits: 20 }, 'run begins']);
    expect(lines.at(-1)).toMatchObject(['info', { runId, status: 'complete' }, 'run ended: complete']);
    expect(lines.map(([, , message]) => message)).toContain('80 rows × 2 columns read.');
    await new Trainer({ logger }).run({ ...request, data: '/nowhere/none.csv' }).result.catch(() => undefined);
    expect(lines.at(-1)).toMatchObject(['error', { code: 'DATA_NOT_FOUND' }, expect.stringContaining('/nowhere')]);
    const broken = new Proxy({} as Logger, {
      get: () => () => {
        throw new Error('disk full');
      },
    });
    expect((await new Trainer({ logger: broken }).plan(request)).status).toBe('planned');
  });

  it('an extension knows more, asks more, wraps steps, and its tool is called once, resumed or not', async () => {
    const order: string[] = [];
    const inner = extendAgent('data', {
      knowledge: 'Salaries are never an input.',
      around: {
        async 'data.clean'(context, next) {
          order.push('inner');
          const { count } = await context.use(counted, { of: 'rows' });
          const result = await next();
          return { ...result, summary: `${result.summary} (${count})` };
        },
      },
    });
    const outer = extendAgent(inner, {
      around: {
        async 'data.clean'(_context, next) {
          order.push('outer');
          return next();
        },
      },
    });
    expect(outer).toMatchObject({ name: 'data', knowledge: 'Salaries are never an input.' });
    const trainer = new Trainer({ agents: [outer] });
    const remove = trainer.decide('model.candidates', () => pause('Wait.'));
    const paused = await trainer.run(request).result;
    expect(paused.status).toBe('paused');
    expect(order).toEqual(['outer', 'inner']);
    remove();
    const done = await trainer.resume(paused.runId).result;
    expect(done.status).toBe('complete');
    expect(calls).toEqual([{ of: 'rows' }]);
    expect(done.facts.messages.find(({ stage }) => stage === 'data.clean')!.summary).toMatch(/\(1\)$/);
    // As the events say it, in words.
    const readers = new Set(['Task', 'Data', 'Model', 'Server']);
    expect(done.facts.messages.filter(({ to }) => !readers.has(to))).toEqual([]);
    expect(done.facts.messages.find(({ stage }) => stage === 'data.split')).toMatchObject({ from: 'Data', to: 'Data' });
  });

  it.each([
    ['an input', { of: 3 as never }, counted],
    ['an output', { of: 'x' }, { ...counted, run: () => ({ count: 'many' as never }) }],
    [
      'a tool',
      { of: 'x' },
      {
        ...counted,
        run: () => {
          throw new Error('no line');
        },
      },
    ],
  ])('%s that breaks the contract is the plug-in’s error', async (_what, input, tool) => {
    const agent = extendAgent('task', {
      around: {
        'task.assess': async (context, next) => {
          await context.use(tool, input);
          return next();
        },
      },
    });
    const failed = new Trainer({ agents: [agent] }).run(request).result;
    await expect(failed).rejects.toMatchObject({ code: 'PLUGIN_INVALID', details: { tool: 'data.count' } });
  });
});
