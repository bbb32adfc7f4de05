import { createServer, type Server } from 'node:http';
import { problemJson } from '../tools/serve/problems.ts';
import { answerRaw } from './fastify-plugin.ts';
import type { ServiceCore } from './service.ts';

/**
 * A door of their own for supervisors: what a service answers however much is under way (`/livez`, `/readyz`, `/metrics`), and nothing else.
 * Whoever is killed because nobody could ask whether they live leaves the load to others.
 *
 * @param defaultHosts - names that the Host header may have where the host of the service named none
 */
export function createHealthServer(core: ServiceCore, defaultHosts: readonly string[] | undefined): Server {
  const { headerBytes, headersMs } = core.limits;
  return createServer(
    { maxHeaderSize: headerBytes, headersTimeout: headersMs, requestTimeout: headersMs },
    (request, response) => {
      const [path = ''] = request.url!.split('?');
      if (core.routes.get(path)?.isLight === true)
        answerRaw(core, request, response, defaultHosts).catch(() => response.destroy());
      else response.writeHead(404, { 'content-type': 'application/problem+json' }).end(problemJson('NOT_FOUND'));
    },
  );
}
