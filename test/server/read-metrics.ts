import type { Service } from 'traineragent/serve';

/** The metrics of a service, and the value of one of them; a metric without labels has none to name. */
export async function readMetrics(service: Pick<Service, 'fetch'>, headers: Readonly<Record<string, string>> = {}) {
  const text = await (await service.fetch(new Request('http://localhost/metrics', { headers }))).text();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const labels = [...(match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, name, value]) => `${name}=${value}`,
    );
    values.set(`${match[1]} ${labels.sort().join()}`, Number(match[3]));
  }
  const metric = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    values.get(
      `${name} ${Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .sort()
        .join()}`,
    );
  return { text, metric };
}
