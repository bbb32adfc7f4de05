import type { KeyScope } from '../tools/serve/api-keys.ts';
import { pythonClient, typescriptClient } from '../tools/serve/clients.ts';
import { exampleRecords } from '../tools/serve/example-records.ts';
import { jsonSchemaOfAnswer, jsonSchemaOfRecord } from '../tools/serve/json-schema.ts';
import { openApi } from '../tools/serve/openapi.ts';
import { tryPage, tryPagePolicy } from '../tools/serve/try-page.ts';
import { answer, type Call, chooseVersion } from './call.ts';
import type { ServiceAnswer } from './service-request.ts';

/** A page that tells what the service takes and gives. */
export interface Page {
  readonly path: string;
  readonly scope: KeyScope | undefined;
  answer(call: Call): ServiceAnswer;
}

/**
 * The pages of a service. The one at `/` holds nothing of the model: it asks for the signature, with the reader's key.
 *
 * @param has - whether the service has an address that only some services have
 */
export function pages(hasKeys: boolean, has: (path: string) => boolean): readonly Page[] {
  return [
    {
      path: '/',
      scope: undefined,
      answer: (call) =>
        answer(call, tryPage, 'text/html; charset=utf-8', {
          'content-security-policy': tryPagePolicy,
          'referrer-policy': 'no-referrer',
          'x-frame-options': 'DENY',
        }),
    },
    {
      path: '/v1/signature',
      scope: 'predict',
      answer(call) {
        const version = chooseVersion(call);
        const { signature } = version;
        return answer(
          call,
          JSON.stringify({
            name: call.context.name,
            target: signature.target,
            model: version.version,
            record: jsonSchemaOfRecord(signature),
            answer: jsonSchemaOfAnswer(signature),
            examples: exampleRecords(signature),
            canExplain: version.explain !== undefined,
          }),
        );
      },
    },
    {
      path: '/openapi.json',
      scope: 'predict',
      answer(call) {
        const { signature, version, explain } = chooseVersion(call);
        const { name, limits } = call.context;
        const canExplain = explain !== undefined;
        return answer(
          call,
          JSON.stringify(openApi({ signature, name, version, hasKeys, canExplain, has, records: limits.records })),
        );
      },
    },
    {
      path: '/client.ts',
      scope: 'predict',
      answer: (call) => answer(call, typescriptClient(chooseVersion(call).signature), 'text/plain; charset=utf-8'),
    },
    {
      path: '/client.py',
      scope: 'predict',
      answer(call) {
        const host = call.request.header('host') ?? '127.0.0.1';
        const url = /^[\w.:[\]-]{1,255}$/.test(host) ? `http://${host}` : 'http://127.0.0.1';
        return answer(call, pythonClient(chooseVersion(call).signature, url), 'text/plain; charset=utf-8');
      },
    },
  ];
}
