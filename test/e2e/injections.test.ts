import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from 'traineragent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInAgents } from '../../src/agents/stages.ts';
import type { LanguageModel, ModelRequest, Privacy, RunEvent, RunRequest } from '../../src/index.ts';
import { fileStore, pause, stop, Trainer, TrainerError } from '../../src/index.ts';
import { decodeModel } from '../../src/onnx/decode.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { adversarialModel, brokenModel, obedientModel } from '../../src/testing/index.ts';
import { actions } from '../../src/tools/actions/actions.ts';
import { payloads } from '../llm/payloads.ts';
import { complete, finished, sampleRows } from './sample.ts';

const long = process.env.TRAINERAGENT_LONG === '1';
/** All payloads, or three of them. */
const sampled = (start: number) => payloads.filter((_, i) => long || i % 24 === (start * 5) % 24);

let folder: string;
const connections: string[] = [];
const realConnect = net.Socket.prototype.connect;
const realFetch = globalThis.fetch;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'injections-'));
  globalThis.fetch = async (input) => {
    connections.push(String(input));
    throw new Error('no network here');
  };
  net.Socket.prototype.connect = function connect(this: net.Socket, ...given: unknown[]) {
    connections.push(JSON.stringify(given[0]));
    return Reflect.apply(realConnect, this, given) as net.Socket;
  } as typeof realConnect;
});
afterAll(() => {
  globalThis.fetch = realFetch;
  net.Socket.prototype.connect = realConnect;
  rmSync(folder, { recursive: true, force: true });
}, 600_000);

const secret = 'sk-SECRET0123456789SECRET';
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
  `${[columns, ...rows].map((row) => row.map(quoted).join(',')).join('\n')}\n`;

/** Where a payload stands. */
interface Planted {
  readonly cell?: string;
  readonly header?: string;
  readonly label?: string;
  readonly file?: string;
  readonly remote?: string;
  readonly journal?: string;
}

/** A file that holds what is planted, and a cell that is known again anywhere. */
function planted(one: Planted, index: number): RunRequest {
  const rows = sampleRows(150).map(({ x, y, label }, i) => [
    (x + 0.123456789).toFixed(9),
    y.toFixed(4),
    `CANARY-${i % 40} ${one.cell ?? ''}`,
    `${secret}${i}`,
    label === 'yes' ? `yes${one.label ?? ''}` : 'no',
  ]);
  const name = (one.file ?? 'data').replace(/[/\u0000\ud800-\udfff]/g, '_').slice(0, 60);
  const data = join(mkdtempSync(join(folder, `${index}-`)), `${name}.csv`);
  writeFileSync(data, csv([`x${one.header ?? ''}`, 'y', 'note', 'token', 'label'], rows));
  return {
    prompt: `Predict the label. ${one.journal ?? ''}`.slice(0, 3000),
    data,
    task: { target: 'label', metric: 'rocAuc' },
    budget: { workUnits: 20 },
  };
}

/** A model that is watched, and whose provider now and then answers with an error of its own words. */
function watched(model: LanguageModel, remote?: string) {
  const sent: string[] = [];
  const llm: LanguageModel = {
    ...model,
    name: model.name,
    capabilities: model.capabilities,
    async generate({ signal, ...request }: ModelRequest) {
      sent.push(JSON.stringify(request));
      if (remote !== undefined && sent.length % 2 === 1)
        throw new TrainerError('LLM_UNAVAILABLE', `the provider said: ${remote}`);
      return model.generate({ ...request, signal });
    },
  };
  return { llm, sent };
}

const frozen = (events: readonly RunEvent[]) =>
  ['task.understand', 'data.split'].map((stage) => {
    const message = events.find((event) => event.type === 'message' && event.stage === stage);
    return message?.type === 'message' ? message.body : undefined;
  });
/** What may be called: actions of the library, and the tools of its agents. */
const known = [...Object.keys(actions), ...builtInAgents.flatMap(({ tools = [] }) => tools.map(({ name }) => name))];
const mostSeconds = 60;

/** Runs a request by rules and by a model that would do harm, and holds what must hold. */
async function holds(one: Planted, index: number) {
  const request = planted(one, index);
  const store = fileStore(mkdtempSync(join(folder, 'runs-')));
  const makers = [obedientModel, () => adversarialModel(index), () => brokenModel(index)];
  const { llm, sent } = watched(makers[index % 3]!(), one.remote);
  const here = readdirSync('.').sort().join();
  const before = connections.length;
  const started = performance.now();
  const first = await finished(
    { ...request, runId: 'hostile' },
    { llm, store, llmBudget: { maxCalls: 12 } },
    (trainer) => {
      if (one.journal !== undefined) trainer.decide('task.plan', () => pause('Later.'));
    },
  );
  let { events, outcome, error } = first;
  // A label of thousands of characters makes the target a text: that is declined before there is a plan, by rules too.
  const early = one.journal !== undefined && outcome?.status === 'declined' ? outcome.verdict : undefined;
  if (one.journal !== undefined && early === undefined) {
    // The journal of the run that was paused is what the next process goes by.
    expect(outcome?.status).toBe('paused');
    const run = new Trainer({ llm, store, llmBudget: { maxCalls: 12 } }).resume('hostile');
    const more: RunEvent[] = [];
    for await (const event of run) more.push(event);
    outcome = await run.result;
    events = [...events, ...more];
    error = undefined;
  }
  expect((performance.now() - started) / 1000).toBeLessThan(mostSeconds);
  // A file that can't be read as data at all is a clear end as well.
  if (error !== undefined) expect(TrainerError.isInstance(error)).toBe(true);
  else expect(['complete', 'declined']).toContain(outcome?.status);
  expect(connections.slice(before).filter((to) => !/pipe|path|fd/i.test(to))).toEqual([]);
  expect(readdirSync('.').sort().join()).toBe(here);
  expect(readdirSync(folder).every((name) => /^(\d+-|runs-)/.test(name))).toBe(true);
  expect(sent.length).toBeLessThanOrEqual(12);
  for (const text of sent) expect(text).not.toMatch(/CANARY|SECRET|\.123456789/);
  for (const event of events) {
    if (event.type === 'tool-call') expect(known).toContain(event.tool);
    if (event.type === 'message' && event.stage === 'server.plan')
      expect(JSON.stringify(event.body)).not.toMatch(/0\.0\.0\.0|https?:/);
  }
  // By rules, up to what is frozen; to the end where there is time.
  const byRules = await finished({ ...request, runId: 'rules' }, { store }, (trainer) => {
    if (!long) trainer.decide('data.columns', () => stop());
  });
  expect(frozen(events)).toEqual(frozen(byRules.events));
  if (early !== undefined) expect(byRules.outcome).toMatchObject({ status: 'declined', verdict: early });
  if (long && outcome?.status === 'complete') expect(byRules.outcome?.status).toBe('complete');
}

describe('a payload', () => {
  it('comes in at least 60 forms', () => {
    expect(new Set(payloads).size).toBeGreaterThanOrEqual(60);
  });

  const places = ['cell', 'header', 'label', 'file', 'remote', 'journal'] as const;
  it(`does no harm in cells, headers, labels, names of files, errors of a provider and earlier journals at once (${long ? 'all' : 'sampled'})`, async () => {
    for (const [i, payload] of sampled(0).entries())
      await holds(Object.fromEntries(places.map((place) => [place, payload])), i);
  }, 3_600_000);

  if (long)
    it.each(places)(
      'does no harm in %s alone',
      async (place) => {
        for (const [i, payload] of payloads.entries()) await holds({ [place]: payload }, i);
      },
      7_200_000,
    );

  it('does no harm in the metadata of a model file', async () => {
    const run = await finished({ prompt: 'Predict the label', data: sampleRows(), budget: { workUnits: 10 } });
    const { model } = complete(run.outcome);
    const path = join(mkdtempSync(join(folder, '0-')), 'model.onnx');
    await model.save(path);
    const decoded = decodeModel(readFileSync(path));
    const before = connections.length;
    for (const [i, payload] of payloads.entries()) {
      const entries: (readonly [string, string])[] = [...decoded.metadata];
      const at = i % (entries.length + 1);
      // In place of what is there, or beside it.
      if (at < entries.length) entries[at] = [entries[at]![0], payload];
      else entries.push([payload, payload]);
      const tampered = encodeModel({ ...decoded, metadata: entries });
      const opened = await loadModel(tampered).then(
        async (loaded) => {
          await loaded[Symbol.asyncDispose]();
          return undefined;
        },
        (thrown: unknown) => thrown,
      );
      if (opened === undefined) continue;
      expect(TrainerError.isInstance(opened)).toBe(true);
      expect((opened as Error).message.length).toBeLessThan(1000);
      expect((opened as Error).message).not.toMatch(/[\u0000-\u0008\u001b\u202e]/);
    }
    expect(connections.slice(before).filter((to) => !/pipe|path|fd/i.test(to))).toEqual([]);
  }, 120_000);
});

describe('2,000 canaries in 40 forms', () => {
  const count = 2000;
  const digits = (i: number, n: number) =>
    String(7_368_787_000_000_000 + i * 7919)
      .slice(-n)
      .padStart(n, '4');
  const luhn = (body: string) => {
    let sum = 0;
    for (const [i, digit] of [...body].reverse().entries()) {
      const doubled = Number(digit) * 2;
      sum += i % 2 === 1 ? Number(digit) : doubled > 9 ? doubled - 9 : doubled;
    }
    return `${body}${(10 - (sum % 10)) % 10}`;
  };
  const iban = (country: string, body: string) => {
    const text = `${body}${country}00`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
    let rest = 0;
    for (const digit of text) rest = (rest * 10 + Number(digit)) % 97;
    return `${country}${String(98 - rest).padStart(2, '0')}${body}`;
  };
  /** Forms that have to be redacted even where cells may be shown, then such that may be seen as they are. */
  const naming: readonly ((i: number) => string)[] = [
    (i) => `canary${i}@mail.example`,
    (i) => `first.last+${i}@sub.mail.example`,
    (i) => luhn(`4${digits(i, 14)}`),
    (i) => luhn(`4${digits(i, 14)}`).replace(/(\d{4})(?=\d)/g, '$1 '),
    (i) => luhn(`37${digits(i, 12)}`),
    (i) => iban('DE', `50010517${digits(i, 10)}`),
    (i) => iban('GB', `NWBK${digits(i, 14)}`),
    (i) => `+49 30 ${digits(i, 8)}`,
    (i) => `+1-555-${digits(i, 3)}-${digits(i, 4)}`,
    (i) => `(555) ${digits(i, 3)}-${digits(i, 4)}`,
    (i) => `10.${i % 250}.${(i >> 3) % 250}.77`,
    (i) => `2001:db8::${(i + 4096).toString(16)}`,
    (i) => `sk-canary${digits(i, 12)}`,
    (i) => `ghp_${digits(i, 10)}CANARYCANARY00`,
    (i) => `AKIA${digits(i, 12)}CNRY`,
    (i) => `AIza${digits(i, 15)}CANARYCANARYCANARY`,
    (i) => `xoxb-${digits(i, 12)}-canary`,
    (i) => `eyJhbGciOiJI.${digits(i, 12)}.canary`,
    (i) => `Bearer canary${digits(i, 12)}`,
    (i) => `pk_live_${digits(i, 14)}`,
  ];
  const others: readonly ((i: number) => string)[] = [
    (i) => `Canary Person ${i}q`,
    (i) => `Kanarienvogel, Nr. ${i}q`,
    (i) => `${i}q Canary Street`,
    (i) => `№${i}q-канарейка`,
    (i) => `金丝雀${i}q`,
    (i) => `id-${digits(i, 9)}q`,
    (i) => `C${digits(i, 8)}-Q`,
    (i) => `canary_${i}_q`,
    (i) => `#${(i * 7919 + 1_000_000).toString(16)}q`,
    (i) => `${digits(i, 3)}-${digits(i + 7, 2)}-Q${digits(i, 4)}`,
    (i) => `passport Q${digits(i, 8)}`,
    (i) => `plate CN ${digits(i, 4)}Q`,
    (i) => `lat 52.${digits(i, 6)}q`,
    (i) => `amount ${digits(i, 5)}.77q`,
    (i) => `20${digits(i, 2)}-13-${digits(i, 2)}q${i}`,
    (i) => `password: canary${i}q!`,
    (i) => `<canary n=${i}q>`,
    (i) => `{"canary":"${i}q"}`,
    (i) => `canary\t${i}q`,
    (i) => `🐤${i}q`,
  ];
  const forms = [...naming, ...others];
  const canaries = Array.from({ length: count }, (_, i) => forms[i % forms.length]!(i));
  // Each in a cell of one of ten columns: texts that repeat up to nine times, and such that do not.
  const rows = Array.from({ length: 400 }, (_, i) => ({
    ...sampleRows(1)[0]!,
    x: ((i * 37) % 101) / 10,
    y: i % 2,
    ...Object.fromEntries(Array.from({ length: 5 }, (_, c) => [`c${c}`, canaries[(i * 5 + c) % count]!])),
    seldom: canaries[Math.floor(i / 8)]!,
    serial: 9_000_000_000 + i * 7919,
    label: i % 3 === 0 ? 'yes' : 'no',
    outcome: i % 3 === 0 ? 1 : 0,
  }));

  it.each<Privacy>(['schema-only', 'aggregates', 'samples'])(
    'at %s',
    async (privacy) => {
      expect(forms).toHaveLength(40);
      expect(new Set(canaries).size).toBe(count);
      const { llm, sent } = watched(adversarialModel(7));
      const { events, error } = await finished(
        { prompt: 'Predict something.', data: rows, budget: { workUnits: 10 } },
        { llm, privacy, llmBudget: { maxCalls: 30 } },
      );
      expect(error).toBeUndefined();
      expect(sent.length).toBeGreaterThan(0);
      const told = events.flatMap((event) =>
        event.type === 'model-call' && event.phase === 'request' ? [`${event.system}\n${event.outbound}`] : [],
      );
      expect(told).toHaveLength(sent.length);
      // Escapes of JSON undone, so that a canary is known in any spelling.
      const plain = sent.map((text) => {
        const { system, prompt } = JSON.parse(text) as ModelRequest;
        return `${system}\n${prompt}\n${unescaped(prompt)}`;
      });
      const left = canaries.filter((canary) => plain.some((text) => text.includes(canary)));
      if (privacy !== 'samples') expect(left).toEqual([]);
      else {
        expect(
          left.filter((canary) => naming.some((form, f) => form(canaries.indexOf(canary)) === canary && f < 20)),
        ).toEqual([]);
        for (const text of plain) {
          const facts = JSON.parse(/<facts>\n(.*)\n<\/facts>/.exec(text)![1]!) as { cells?: Record<string, string[]> };
          expect(Object.values(facts.cells ?? {}).flat().length).toBeLessThanOrEqual(20);
          const shown = new Set(Object.values(facts.cells ?? {}).flat());
          for (const canary of canaries)
            if (text.includes(canary)) expect([...shown].some((cell) => cell.includes(canary))).toBe(true);
        }
      }
      for (const text of plain) expect(text).not.toMatch(/9000\d{6}/);
    },
    60_000,
  );
});

function unescaped(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(["\\/tn])/g, (_, c: string) => (c === 't' ? '\t' : c === 'n' ? '\n' : c));
}
