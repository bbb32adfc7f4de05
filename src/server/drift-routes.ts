import { answer } from './call.ts';
import type { Route } from './service.ts';
import type { DriftWatch } from './watch-drift.ts';

/** The route that shows what a service knows of drift, for keys of the scope `admin`. */
export const driftRoutes = (watch: DriftWatch): readonly (readonly [string, Route])[] => [
  [
    '/v1/drift',
    {
      methods: ['GET', 'HEAD'],
      scope: 'admin',
      answer: (call) => answer(call, JSON.stringify({ versions: watch.report() })),
    },
  ],
];
