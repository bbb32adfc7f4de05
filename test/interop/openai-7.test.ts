import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** What vitest writes of a test. */
interface Tested {
  readonly fullName: string;
  readonly status: string;
}

const protocols = ['OpenAI Responses', 'Chat Completions', 'llama.cpp server'];

// The peer's range is 6 and 7. All tests run with 6, which Node 20 can load; 7 needs Node 22, so a Node that comes as a package runs
// the same tests of the wire with it.
it('version 7 of the package openai passes the tests of the wire that version 6 passes', () => {
  const report = join(mkdtempSync(join(tmpdir(), 'openai-7-')), 'report.json');
  const files = ['wire', 'tool-calls', 'cassette'].map((name) => `test/llm/${name}.test.ts`);
  // Those that speak through it; the others are of other packages.
  const filter = ['-t', [...protocols, 'version of the package'].join('|')];
  const to = ['--reporter=json', `--outputFile=${report}`];
  execFileSync(process.execPath, ['scripts/test-nodes.mjs', ...files, ...filter, ...to], {
    env: {
      ...process.env,
      TRAINERAGENT_NODES: process.env.TRAINERAGENT_SECOND_NODE ?? '22',
      TRAINERAGENT_OPENAI: '7',
      TRAINERAGENT_SKIP_BUILD: '1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly testResults: readonly { readonly assertionResults: readonly Tested[] }[];
  };
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  expect(tests.filter(({ status }) => status === 'failed')).toEqual([]);
  const passed = (part: string) =>
    tests.filter(({ fullName, status }) => fullName.includes(part) && status === 'passed').length;
  expect(passed('the version of the package openai that is asked for')).toBe(1);
  for (const protocol of protocols) expect(passed(protocol), protocol).toBeGreaterThan(50);
}, 300_000);
