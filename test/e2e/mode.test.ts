import { describe, expect, it } from 'vitest';
import { builtInAgents } from '../../src/agents/stages.ts';
import type { ModelRequest, TrainerMode } from '../../src/index.ts';
import { Trainer } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { complete, finished, sampleRows } from './sample.ts';

/** A run with a model that is sure of one thing, and what it was asked. */
async function asked(mode: TrainerMode) {
  const asked: ModelRequest[] = [];
  const answer = (request: ModelRequest) => {
    asked.push(request);
    return request.prompt.includes('Which metric') ? { metric: 'accuracy' } : 'I do not know.';
  };
  const llm = scriptedModel(Array.from({ length: 20 }, () => answer));
  const { outcome, events } = await finished(
    { prompt: 'Predict the label.', data: sampleRows(), budget: { workUnits: 40 } },
    { llm, mode },
  );
  const hash = complete(outcome).facts.hashes.model;
  const decisions = events.flatMap((event) => (event.type === 'decision' ? [event] : []));
  return { hash, asked, decisions };
}
const factsOf = ({ prompt }: ModelRequest) =>
  JSON.parse(/<facts>\n(.*)\n<\/facts>/.exec(prompt)![1]!) as Record<string, unknown>;
const withoutMemory = ({ decided: _, ...facts }: Record<string, unknown>) => facts;

describe('one agent in the place of four', () => {
  it('is told who all are, what all know and what was decided; the rest is the same', async () => {
    const four = await asked('agents');
    const one = await asked('single');
    expect(one.asked.length).toBe(four.asked.length);
    expect(new Set(four.asked.map(({ system }) => system)).size).toBe(2); // those of the Task and of the Model agent
    const [system, ...others] = new Set(one.asked.map((request) => request.system));
    expect(others).toEqual([]);
    for (const { profile, knowledge } of builtInAgents)
      for (const paragraph of `${profile}\n\n${knowledge}`.split('\n\n'))
        expect(system!.split(paragraph)).toHaveLength(2); // once
    for (const [i, request] of one.asked.entries()) {
      const facts = factsOf(request);
      expect(withoutMemory(facts)).toEqual(factsOf(four.asked[i]!));
      expect(request.schema).toEqual(four.asked[i]!.schema);
    }
    expect(factsOf(one.asked[0]!).decided).toEqual([]);
    const last = factsOf(one.asked.at(-1)!).decided as { question: string; answer: unknown }[];
    expect(last.map(({ question }) => question)).toEqual(
      [...one.decisions]
        .map(({ question }) => question)
        .slice(0, last.length)
        .reverse(),
    );
    expect(last.at(-1)).toEqual({ question: 'task.metric', answer: { metric: 'accuracy' } });
    // The same answers, and so the same model.
    expect(one.decisions.map(({ question, by }) => [question, by])).toEqual(
      four.decisions.map(({ question, by }) => [question, by]),
    );
    expect(one.hash).toBe(four.hash);
  });

  it('is a mode that is known', () => {
    expect(() => new Trainer({ mode: 'swarm' as TrainerMode })).toThrow(/mode to be one of agents, single, got swarm/);
  });
});
