import { deepStrictEqual, notStrictEqual, ok, rejects } from 'node:assert';
import type { Agent } from '../agents/agent.ts';
import { TrainerError } from '../core/errors.ts';
import { canonicalJson } from '../core/helpers/canonical-json.ts';
import type { Privacy } from '../core/privacy.ts';
import type { AnyQuestion } from '../core/question.ts';
import type { SourceData } from '../core/source.ts';
import { validate } from '../core/standard-schema.ts';
import type { Store } from '../core/store.ts';
import { inputOf, type Tool, type ToolContext } from '../core/tool.ts';
import { useTool } from '../core/use-tool.ts';
import type { ConformanceTest } from './conformance-test.ts';

const isCode = (code: string) => (error: unknown) => TrainerError.isInstance(error) && error.code === code;

/** What a schema of closed answers never takes. */
const nonsense: readonly unknown[] = [undefined, null, 'rm -rf /', Number.POSITIVE_INFINITY, [], { unheardOf: true }];

/**
 * Tests that every agent keeps: one `{ name, run }` each, for any test runner.
 *
 * @param subjects - what each question may be asked about, by question id: at least one subject a question
 * @example
 * for (const { name, run } of agentConformance(compliance, { 'compliance.allowed': [{ target: 'age' }] })) it(name, run);
 */
export function agentConformance(
  agent: Agent,
  subjects: Readonly<Record<string, readonly unknown[]>>,
): readonly ConformanceTest[] {
  const of = (question: AnyQuestion) => subjects[question.id] ?? [];
  return [
    {
      name: `${agent.name} has a name, a role, and questions of different ids that begin with its name`,
      run: async () => {
        ok(/^[a-z][a-z0-9-]*$/i.test(agent.name), 'Expected a name of letters, digits and dashes.');
        const ids = agent.questions.map(({ id }) => id);
        deepStrictEqual([...new Set(ids)], ids, 'Expected each question once.');
        for (const id of ids) ok(id.startsWith(`${agent.name}.`), `Expected "${id}" to begin with "${agent.name}.".`);
      },
    },
    ...agent.questions.flatMap((question): ConformanceTest[] => [
      {
        name: `${question.id}: has a subject to be tested with, and facts of plain JSON that are the same each time`,
        run: async () => {
          ok(of(question).length > 0, `Expected a subject of "${question.id}" in the second argument.`);
          for (const subject of of(question)) {
            const facts = canonicalJson(question.facts(subject));
            deepStrictEqual(canonicalJson(question.facts(subject)), facts);
          }
        },
      },
      {
        name: `${question.id}: its rule always gives an answer that its schema and its checks take, the same each time`,
        run: async () => {
          for (const subject of of(question)) {
            const { answer, why } = question.rule(subject);
            ok(why !== '', 'Expected one sentence that says why.');
            const result = await validate(question.answer(subject), answer);
            ok('value' in result, `Expected the schema to take the rule's answer ${canonicalJson(answer)}.`);
            deepStrictEqual(question.check?.(result.value, subject) ?? [], []);
            deepStrictEqual(question.rule(subject).answer, answer);
          }
        },
      },
      {
        name: `${question.id}: its answers are closed, and have a JSON Schema that a language model can be given`,
        run: async () => {
          for (const subject of of(question)) {
            const schema = question.answer(subject);
            for (const value of nonsense)
              ok('problems' in (await validate(schema, value)), `Expected ${String(value)} to be refused.`);
            const json = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' });
            notStrictEqual(json, undefined, 'Expected the schema to have a JSON Schema form.');
          }
        },
      },
    ]),
  ];
}

/** What a tool is tested in. */
export interface ToolConformanceOptions {
  /** Messages of stages, by stage name, for a tool that looks at them. @default none */
  readonly messages?: Readonly<Record<string, unknown>>;
  /** JSON blobs by their hash, for a tool that reads them. @default none */
  readonly blobs?: Readonly<Record<string, unknown>>;
  /** What it may tell. @default 'aggregates' */
  readonly privacy?: Privacy;
}

/**
 * Tests that every tool keeps.
 *
 * @param inputs - inputs that it takes, at least one
 */
export function toolConformance<Input, Output>(
  tool: Tool<Input, Output>,
  inputs: readonly Input[],
  { messages = {}, blobs = {}, privacy = 'aggregates' }: ToolConformanceOptions = {},
): readonly ConformanceTest[] {
  const context: ToolContext = {
    privacy,
    signal: new AbortController().signal,
    message: <T>(stage: string) => messages[stage] as T | undefined,
    blobJson: async <T>(hash: string) => {
      ok(hash in blobs, 'Expected the tool to read blobs that are there.');
      return structuredClone(blobs[hash]) as T;
    },
  };
  return [
    {
      name: `${tool.name}: has a name, a sentence, and an input that has a JSON Schema where a language model may call it`,
      run: async () => {
        ok(/^[\w.-]{1,64}$/.test(tool.name), 'Expected a name of letters, digits, "-" and "_".');
        ok(tool.about !== '', 'Expected one sentence that says what it does.');
        const schema = await inputOf(tool, context);
        ok(schema !== undefined, 'Expected something to look at: give `messages` that it reads.');
        if (!tool.name.includes('.'))
          notStrictEqual(schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }), undefined);
      },
    },
    {
      name: `${tool.name}: gives plain JSON of its schema for each input`,
      run: async () => {
        ok(inputs.length > 0, 'Expected an input to test with.');
        for (const input of inputs) canonicalJson(await useTool(tool, input, context));
      },
    },
    {
      name: `${tool.name}: takes inputs of plain JSON, and leaves them as they are`,
      run: async () => {
        for (const input of inputs) {
          const before = canonicalJson(input);
          await useTool(tool, input, context);
          deepStrictEqual(canonicalJson(input), before);
        }
      },
    },
    {
      name: `${tool.name}: refuses what is no input of it`,
      run: () => rejects(useTool(tool, Symbol('none') as never, context), isCode('PLUGIN_INVALID')),
    },
  ];
}

/**
 * Tests that every source keeps.
 *
 * @param make - opens the source anew, with few records
 */
export function sourceConformance(make: () => SourceData): readonly ConformanceTest[] {
  const read = async (source: SourceData) => {
    const rows: object[] = [];
    for await (const row of source.open(new AbortController().signal)) rows.push(row);
    return rows;
  };
  return [
    {
      name: 'a source has a name that is fit for a report',
      run: async () => ok(/^[\w.-]{1,64}$/.test(make().sourceName), 'Expected letters, digits, "-", "_" and ".".'),
    },
    {
      name: 'a source gives objects that JSON can hold, at least one',
      run: async () => {
        const rows = await read(make());
        ok(rows.length > 0, 'Expected records.');
        for (const row of rows) ok(JSON.stringify(row)?.startsWith('{'), 'Expected an object of values by column.');
      },
    },
    {
      name: 'a source gives the same records when it is read again',
      run: async () => deepStrictEqual(await read(make()), await read(make())),
    },
    {
      name: 'a source can be left in the middle',
      run: async () => {
        for await (const _row of make().open(new AbortController().signal)) break;
        ok((await read(make())).length > 0);
      },
    },
  ];
}

/**
 * Tests that every store keeps.
 *
 * @param make - a store without runs; its runs must outlive `close(false)` in this process
 */
export function storeConformance(make: () => Promise<Store> | Store): readonly ConformanceTest[] {
  const body = (n: number) =>
    ({ kind: 'note', at: { stage: 's.t', visit: 1, name: 'n', ordinal: n }, value: n }) as const;
  const first = (runId: string) =>
    ({ kind: 'run', formatVersion: 1, runId, version: '0.0.0', time: 0, request: {} }) as const;
  return [
    {
      name: 'a store keeps what is appended, in order, for who opens the run later',
      run: async () => {
        const store = await make();
        const run = await store.create('one');
        deepStrictEqual(run.runId, 'one');
        // Sent together: the order of the calls is the order of the records.
        deepStrictEqual(
          await Promise.all([run.append(first('one')), run.append(body(1)), run.append(body(2))]),
          [1, 2, 3],
        );
        deepStrictEqual(
          run.records.map(({ body: of }) => of),
          [first('one'), body(1), body(2)],
        );
        await run.close(false);
        const again = await store.open('one');
        deepStrictEqual(
          again.records.map(({ record, body: of }) => [record, of]),
          [
            [1, first('one')],
            [2, body(1)],
            [3, body(2)],
          ],
        );
        deepStrictEqual(await again.append(body(3)), 4);
        await again.close(true);
      },
    },
    {
      name: 'a store keeps bytes by their hash, under the folder that other processes are told',
      run: async () => {
        const store = await make();
        const run = await store.create('two');
        await run.append(first('two'));
        const bytes = new TextEncoder().encode('some bytes');
        const hash = await run.blobs.put(bytes);
        ok(/^[0-9a-f]{64}$/.test(hash));
        deepStrictEqual(await run.blobs.put(bytes), hash);
        deepStrictEqual([...(await run.blobs.get(hash))], [...bytes]);
        deepStrictEqual(await run.blobs.has(hash), true);
        await rejects(run.blobs.get('0'.repeat(64)), isCode('STORE_FAILED'));
        await run.close(true);
      },
    },
    {
      name: 'a store gives a run to one holder at a time, and says of one that it does not have',
      run: async () => {
        const store = await make();
        const run = await store.create('three');
        await run.append(first('three'));
        await rejects(Promise.resolve(store.open('three')), isCode('RUN_LOCKED'));
        await rejects(store.create('three'), (error) => TrainerError.isInstance(error));
        await run.close(false);
        await rejects(store.open('none'), isCode('RUN_NOT_FOUND'));
        await (await store.open('three')).close(true);
      },
    },
    {
      name: 'a store counts the models that were judged on the same test rows, each once, over all runs',
      run: async () => {
        const { vaultLedger } = await make();
        deepStrictEqual(await vaultLedger.read('rows', 'a'), 0);
        deepStrictEqual(await vaultLedger.read('rows', 'b'), 1);
        deepStrictEqual(await vaultLedger.read('rows', 'b'), 1);
        deepStrictEqual(await vaultLedger.read('other rows', 'a'), 0);
      },
    },
  ];
}
