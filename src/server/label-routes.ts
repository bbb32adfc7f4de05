import { TrainerError } from '../core/errors.ts';
import { type ModelLabel, modelLabels } from '../tools/serve/model-labels.ts';
import type { ModelStore } from '../tools/serve/model-store.ts';
import { answer, bodyType, type Call, refuse } from './call.ts';
import { readJson } from './predict-records.ts';
import type { Releases } from './releases.ts';
import type { Route } from './service.ts';
import type { ServiceAnswer } from './service-request.ts';

/** What `POST /v1/labels/…` was sent. */
interface Asked {
  readonly label: ModelLabel;
  readonly version: string | undefined;
  readonly share: number | undefined;
}

/**
 * Routes that show and move labels, for keys of the scope `admin`. Versions come from the store alone: no route takes a
 * file or an address.
 */
export function labelRoutes(releases: Releases, store: ModelStore): readonly (readonly [string, Route])[] {
  const shown = async (call: Call): Promise<ServiceAnswer> =>
    answer(call, JSON.stringify({ labels: releases.labels, versions: await store.versions() }));
  const moved = async (call: Call, move: (asked: Asked) => Promise<unknown>): Promise<ServiceAnswer> => {
    if (bodyType(call.request) !== 'application/json') return refuse(call, 'MEDIA_TYPE_UNSUPPORTED');
    const body = await readJson(call);
    if ('refused' in body) return body.refused;
    const asked = readAsked(body.value);
    if (asked === undefined) return refuse(call, 'LABEL_INVALID');
    try {
      await move(asked);
    } catch (error) {
      if (TrainerError.isInstance(error) && error.code === 'REQUEST_INVALID') return refuse(call, 'LABEL_INVALID');
      return refuse(call, 'LABEL_FAILED');
    }
    return shown(call);
  };
  return [
    ['/v1/labels', { methods: ['GET', 'HEAD'], scope: 'admin', isLight: true, answer: shown }],
    [
      '/v1/labels/promote',
      {
        methods: ['POST'],
        scope: 'admin',
        isLight: true,
        answer: (call) =>
          moved(call, async ({ label, version, share }) => {
            if (version === undefined)
              throw new TrainerError(
                'REQUEST_INVALID',
                'Expected a "version" to promote, got none: a hash of the store, or its first six digits or more.',
              );
            const resolved = await store.resolve(version);
            await releases.promote({ version: resolved, label, ...(share === undefined ? {} : { share }) });
          }),
      },
    ],
    [
      '/v1/labels/rollback',
      {
        methods: ['POST'],
        scope: 'admin',
        isLight: true,
        answer: (call) => moved(call, ({ label }) => releases.rollback(label)),
      },
    ],
  ];
}

function readAsked(value: unknown): Asked | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { label = 'stable', version, share, ...rest } = value as Record<string, unknown>;
  const known = modelLabels.find((name) => name === label);
  const isGood =
    known !== undefined &&
    (version === undefined || typeof version === 'string') &&
    (share === undefined || typeof share === 'number') &&
    Object.keys(rest).length === 0;
  return isGood ? { label: known, version, share } : undefined;
}
