import type { ModelSignature } from '../../onnx/signature.ts';
import { exampleRecords } from './example-records.ts';
import { typescriptOfRecord } from './typescript-types.ts';

/** A typed client as the text of a TypeScript module that needs nothing but `fetch`. */
export function typescriptClient(signature: ModelSignature): string {
  return `${typescriptOfRecord(signature)}
/** What was wrong, as the service said it. */
export class PredictError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problems: readonly { readonly record?: number; readonly column?: string; readonly problem: string }[];

  constructor(status: number, body: { detail?: string; code?: string; problems?: PredictError['problems'] }) {
    super(body.detail ?? \`The service answered with status \${status}.\`);
    this.name = 'PredictError';
    this.status = status;
    this.code = body.code ?? 'UNKNOWN';
    this.problems = body.problems ?? [];
  }
}

/** Asks the service at \`url\` for predictions, one for each record. */
export async function predict(
  records: readonly ModelInput[],
  options: { readonly url: string; readonly key?: string; readonly signal?: AbortSignal },
): Promise<readonly ModelOutput[]> {
  const response = await fetch(\`\${options.url.replace(/\\/$/, '')}/v1/predict\`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(options.key === undefined ? {} : { authorization: \`Bearer \${options.key}\` }),
    },
    body: JSON.stringify(records),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const body = await response.json();
  if (!response.ok) throw new PredictError(response.status, body as ConstructorParameters<typeof PredictError>[1]);
  return (body as { predictions: readonly ModelOutput[] }).predictions;
}
`;
}

/** A client in Python that needs nothing beyond its standard library. */
export function pythonClient(signature: ModelSignature, url: string): string {
  const record = pythonLiteral(exampleRecords(signature, 1)[0]);
  return `import json
import os
import urllib.request


def predict(records, url=${pythonLiteral(url)}, key=os.environ.get("TRAINERAGENT_KEY")):
    """Predictions for a list of records (dicts by column name; a column that is left out is missing)."""
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = "Bearer " + key
    request = urllib.request.Request(url.rstrip("/") + "/v1/predict", json.dumps(records).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["predictions"]


if __name__ == "__main__":
    print(predict([${record}]))
`;
}

function pythonLiteral(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string')
    // Everything but plain ASCII as \\uXXXX: no character may end the text or hide in it.
    return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, item]) => `${pythonLiteral(name)}: ${pythonLiteral(item)}`)
    .join(', ')}}`;
}
