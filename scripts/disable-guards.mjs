// Disables each guard around language models, one at a time, in a copy of the sources: a test must fail each time.
//   node scripts/disable-guards.mjs [FILTER]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is guarded, where, the text that guards, what stands there without it, and the test that must notice. */
const guards = [
  ['an answer that had begun is not paid twice', 'llm/retrying.ts', '!thrown.hasBegun &&', '', 'llm/wire'],
  ['no redirect takes the key along', 'llm/guarded-fetch.ts', "redirect: 'error'", "redirect: 'follow'", 'llm/wire'],
  ['a body has a largest size', 'llm/guarded-fetch.ts', 'bytes > limits.maxBytes', 'false', 'llm/wire'],
  [
    'a text has a largest size',
    'llm/reply-text.ts',
    'this.#text.length + piece.length > this.#limit',
    'false',
    'llm/wire',
  ],
  ['words of a provider are redacted', 'llm/model-error.ts', 'redact(text.slice(0, 2000))', 'text', 'llm/wire'],
  [
    'a pause that is too long is not waited for',
    'llm/retrying.ts',
    'retryAfterMs <= maxRetryAfterMs',
    'true',
    'llm/wire',
  ],
  [
    'nulls of strict modes are dropped',
    'llm/strict-schema.ts',
    'JSON.stringify(dropNulls(value, schema))',
    'JSON.stringify(value)',
    'llm/wire',
  ],
  ['names can not close the marks of facts', 'llm/ask-model.ts', '/[<\\u007f', '/[\\u007f', 'llm/payloads'],
  ['names can not begin a line', 'llm/ask-model.ts', "text.replace(/[\\s\\p{Cc}]+/gu, ' ')", 'text', 'llm/payloads'],
  ['repairs end', 'llm/ask-model.ts', 'const maxRepairs = 2', 'const maxRepairs = 9', 'llm/hostile-models'],
  ['depth is bounded', 'llm/extract-json.ts', 'if (deepest > 50) return undefined;', '', 'llm/ask-model'],
  ['__proto__ is dropped', 'llm/extract-json.ts', "key === '__proto__' ? undefined : value", 'value', 'llm/ask-model'],
  [
    'answers are checked',
    'core/ask.ts',
    'return problems.length > 0 ? { problems } : { value: answer };',
    'return { value: answer };',
    'llm/hostile-models',
  ],
  [
    'facts are redacted',
    'core/privacy.ts',
    '[[fact, redactJson(value, names)] as const]',
    '[[fact, value] as const]',
    'core/send-to-model',
  ],
  [
    'levels of privacy hold',
    'core/privacy.ts',
    'return privacyLevels.indexOf(needed) <= privacyLevels.indexOf(at);',
    'return needed !== at || true;',
    'core/send-to-model',
  ],
  [
    'small counts are merged',
    'core/privacy.ts',
    'kept.at(-1)![1] < least ||',
    'least < 0 ||',
    'agents/prompts/prompts',
  ],
  [
    'facts keep to their budget',
    'core/prompt.ts',
    'if (head + size <= left) {',
    'if (head + size <= left || true) {',
    'agents/prompts/prompts',
  ],
  [
    'a list that is needed whole is not cut',
    'core/prompt.ts',
    'if (isNeeded === true) missing ??= name;',
    '',
    'agents/prompts/prompts',
  ],
  ['calls of tools end', 'llm/ask-model.ts', 'looks < offer.maxCalls;', 'looks < 1000;', 'core/tools'],
  [
    'inputs of tools are checked',
    'core/call-tool.ts',
    "if (!('value' in checked))",
    "if (!('value' in checked) && false)",
    'core/tools',
  ],
  [
    'what tools tell is redacted',
    'core/call-tool.ts',
    'redactJson(JSON.parse(canonicalJson(said)) as Json, namesOf(schema))',
    'JSON.parse(canonicalJson(said))',
    'core/tools',
  ],
  ['what tools tell is bounded', 'core/call-tool.ts', 'Buffer.byteLength(text) > mostBytes', 'false', 'core/tools'],
  [
    'a recorded call of a tool is not made again',
    'core/call-tool.ts',
    'if (recorded !== undefined &&',
    'if (recorded === null &&',
    'core/tools',
  ],
  [
    'a long prompt is condensed',
    'agents/task/understand/condense.ts',
    'if (prompt.length <= short)',
    'if (prompt.length >= 0)',
    'agents/task/long-prompts',
  ],
  [
    'budgets are asked',
    'core/send-to-model.ts',
    "if ('refused' in allowed) return { error: allowed.refused };",
    'if (allowed === undefined) return { error: "" };',
    'core/send-to-model',
  ],
  [
    'what a host puts in place of a call is budgeted',
    'core/send-to-model.ts',
    'const bytes = bytesOf(call);',
    'const bytes = bytesOf(first);',
    'core/send-to-model',
  ],
  [
    'a schema that a host does not pass on does not leave',
    'core/send-to-model.ts',
    'llm.generate({ schema: {}, ...call,',
    'llm.generate({ ...call, ...form,',
    'core/send-to-model',
  ],
  [
    'a limit of money needs prices',
    'core/llm-budget.ts',
    'budget.maxCostUsd !== undefined &&',
    'false &&',
    'core/send-to-model',
  ],
  [
    'a price that is not known is not 0',
    'core/llm-budget.ts',
    'if (prices === undefined) return spent;',
    'if (prices === undefined) return { ...spent, costUsd: 0 };',
    'core/send-to-model',
  ],
  [
    'what a model may answer is held, where that is less than what a host may',
    'core/ask.ts',
    'own === undefined ? { value } : await validate(own, value)',
    'own === undefined ? { value } : { value }',
    'core/send-to-model',
  ],
  [
    'a bound is one that the request names',
    'agents/task/prompts/metric.ts',
    'z.literal(named).optional()',
    'z.number().optional()',
    'agents/prompts/prompts',
  ],
  ['cells are few', 'core/privacy.ts', 'if (cells.length >= mostSamples) break;', '', 'core/send-to-model'],
  ['what a tool threw stays here', 'core/call-tool.ts', "told.said ?? 'it failed'", 'told.error', 'core/tools'],
  [
    'a repair quotes little',
    'llm/ask-model.ts',
    'oneLine(cut(message, maxProblem))',
    'oneLine(message)',
    'llm/ask-model',
  ],
  [
    'a resumed run has spent what it spent',
    'core/llm-budget.ts',
    "if (body.kind === 'model-call')",
    "if (body.kind === 'model-call' && false)",
    'core/send-to-model',
  ],
  [
    'a veto holds',
    'core/send-to-model.ts',
    "if ('veto' in call) {",
    "if ('veto' in call && false) {",
    'core/send-to-model',
  ],
  ['a long reply is not kept', 'core/send-to-model.ts', 'answer.text.length > maxReply', 'false', 'core/send-to-model'],
  [
    'a model that keeps failing is left alone',
    'core/llm-budget.ts',
    'this.#failures >= maxFailures',
    'false',
    'core/send-to-model',
  ],
  ['recordings are redacted', 'testing/cassette.ts', 'text: redact(reply.text)', 'text: reply.text', 'llm/cassette'],
  ['a changed prompt is told', 'testing/cassette.ts', '({ key }) => key === asked.key', '() => true', 'llm/cassette'],
  [
    'a key goes to its host alone',
    'cli/llm-option.ts',
    "protocol === 'https:' && (hostname === 'openrouter.ai'",
    "(hostname.includes('openrouter.ai')",
    'cli/llm-option',
  ],
];

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'guards-'));
for (const name of ['src', 'test', 'docs', 'examples', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
  cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

let unnoticed = 0;
try {
  for (const [what, file, find, replacement, test] of guards) {
    if (process.argv[2] !== undefined && !`${what} ${file}`.includes(process.argv[2])) continue;
    const path = join(copy, 'src', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(find).length !== 2) throw new Error(`Expected ${file} to have this once: ${find}`);
    writeFileSync(
      path,
      source.replace(find, () => replacement),
    );
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(copy, 'node_modules/vitest/vitest.mjs'), 'run', `test/${test}.test.ts`, '--bail=1', '--reporter=dot'],
      { cwd: copy, encoding: 'utf8', env: { ...process.env, TRAINERAGENT_SKIP_BUILD: '1', NO_COLOR: '1' } },
    );
    writeFileSync(path, source);
    const noticed = status !== 0 ? /FAIL +(.+)/.exec(`${stdout}\n${stderr}`)?.[1] : undefined;
    if (noticed === undefined) unnoticed++;
    console.log(
      `${noticed === undefined ? 'UNNOTICED' : 'noticed  '} ${what}${noticed === undefined ? '' : `: ${noticed}`}`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(unnoticed === 0 ? 'Each guard has a test.' : `${unnoticed} guards have no test.`);
process.exit(unnoticed === 0 ? 0 : 1);
