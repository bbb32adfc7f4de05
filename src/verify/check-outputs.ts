import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../core/helpers/canonical-json.ts';
import { sha256 } from '../core/helpers/hash.ts';
import { version } from '../core/version.ts';
import { cardJson } from '../tools/report/card.ts';
import { cardMarkdown } from '../tools/report/card-markdown.ts';
import { formFile } from '../tools/report/form-rows.ts';
import type { RunFacts } from '../tools/report/report-facts.ts';
import { checkOf, compareJson, type VerifyCheck } from './compare.ts';

/** Parts of the card whose numbers get a line each. */
const shownCard =
  /^(scores|baseline|crossValidation|resources|winner\.validationScore|workUnits|vaultReads|trials|model|split)\b/;

/**
 * Holds the files that a run has left against its records: the model's bytes against the hash of what was judged, card and
 * report against what is told from the journal.
 *
 * @param render - writes the report page from facts
 * @param madeBy - the version of this library that made the run
 */
export async function checkOutputs(
  folder: string,
  recomputed: RunFacts,
  render: (facts: RunFacts) => Promise<string>,
  madeBy: string,
): Promise<readonly VerifyCheck[]> {
  const read = (name: string) => readFile(join(folder, name)).catch(() => undefined);
  const [model, cardBytes, markdown, report] = await Promise.all(
    ['model.onnx', 'card.json', 'card.md', 'report.html'].map(read),
  );
  const card = parse(cardBytes);
  // Which Node ran it is in the card alone.
  const node = (card?.environment as { readonly node?: Json } | undefined)?.node;
  const environment = {
    ...recomputed.environment,
    ...(typeof node === 'string' ? { node } : {}),
    traineragent: madeBy,
  };
  const facts: RunFacts = { ...recomputed, environment };
  const checks: VerifyCheck[] = [];
  if (facts.status === 'complete') {
    checks.push(
      checkOf('model.onnx SHA-256', facts.hashes.model, model === undefined ? undefined : sha256(model)),
      checkOf('model.onnx bytes', facts.resources?.sizeBytes, model?.length),
      ...compareJson('card.json', card, cardJson(facts) as Json, {
        shown: (path, value) => path === 'model' || (typeof value === 'number' && shownCard.test(path)),
      }),
    );
  }
  checks.push(...(await checkForms(folder, facts)));
  // Words and charts are another version's own; its numbers were held against the records above.
  if (madeBy !== version) return checks;
  if (facts.status === 'complete') checks.push(sameText('card.md', markdown, cardMarkdown(facts)));
  checks.push(sameText('report.html', report, await render(facts)));
  return checks;
}

/** The other forms of the model: each file against the hash of what was compared. */
async function checkForms(folder: string, { forms = [] }: RunFacts): Promise<readonly VerifyCheck[]> {
  const beside = forms.filter(({ isDelivered, isDeployed }) => isDelivered && !isDeployed);
  return Promise.all(
    beside.map(async (form) => {
      const name = form.form === 'browser' ? `${formFile(form)}/model.onnx` : formFile(form);
      const bytes = await readFile(join(folder, name)).catch(() => undefined);
      return checkOf(`${name} SHA-256`, form.hash, bytes === undefined ? undefined : sha256(bytes));
    }),
  );
}

function parse(bytes: Buffer | undefined): { readonly [key: string]: Json } | undefined {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as { readonly [key: string]: Json };
  } catch {
    // Not JSON: then nothing of it is as it was reported.
    return undefined;
  }
}

/** Where two texts part, shown with what stands around it. */
function sameText(name: string, bytes: Buffer | undefined, expected: string): VerifyCheck {
  const text = bytes?.toString('utf8');
  const found = `${expected.length} characters`;
  if (text === expected) return { name, reported: found, found, ok: true };
  if (text === undefined) return { name, reported: 'nothing', found, ok: false };
  let at = 0;
  while (at < text.length && text[at] === expected[at]) at++;
  const from = Math.max(0, at - 12);
  return { name, reported: text.slice(from, at + 28), found: expected.slice(from, at + 28), ok: false };
}
