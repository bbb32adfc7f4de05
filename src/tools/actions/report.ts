import { withMetrics } from '../../core/metric-scope.ts';
import type { RunFacts } from '../report/report-facts.ts';
import { reportHtml } from '../report/report-html.ts';
import { defineAction } from './action.ts';

/** Writes the report page; in the child, because charts take longer than the host's event loop should wait. */
export const report = defineAction<{ readonly facts: RunFacts }, { readonly html: string }>({
  name: 'report',
  run: ({ facts }) => withMetrics(facts.ownMetrics ?? [], async () => ({ html: await reportHtml(facts) })),
});
