import { join } from 'node:path';
import { cardJson } from '../tools/report/card.ts';
import { cardMarkdown } from '../tools/report/card-markdown.ts';
import type { OutputFiles } from './end-panel.ts';
import type { CliOutcome } from './services.ts';
import { writeWhole } from './write-file.ts';

/** Writes what a run has made into its folder: the model and its card where there is one, and the report. */
export async function writeOutputs(outcome: CliOutcome, folder: string): Promise<OutputFiles> {
  const reportPath = join(folder, 'report.html');
  await writeWhole(reportPath, await outcome.report());
  if (!outcome.model) return { folder, reportPath };
  const modelPath = join(folder, 'model.onnx');
  const cardPath = join(folder, 'card.json');
  await outcome.model.save(modelPath);
  await writeWhole(cardPath, `${JSON.stringify(cardJson(outcome.facts), null, 2)}\n`);
  await writeWhole(join(folder, 'card.md'), cardMarkdown(outcome.facts));
  const forms: string[] = [];
  const missing: string[] = [];
  for (const form of outcome.forms ?? []) {
    if (form.isDeployed) continue;
    const path = join(folder, form.name);
    missing.push(...(await form.save(path)));
    forms.push(path);
  }
  return { folder, modelPath, reportPath, cardPath, forms, missing };
}
