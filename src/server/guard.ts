import { type ApiKey, createKeyCheck, type KeyScope } from '../tools/serve/api-keys.ts';
import type { ProblemCode } from '../tools/serve/problems.ts';
import type { ServiceRequest } from './service-request.ts';

/** Who may call. */
export interface GuardOptions {
  /** Keys that are known; anyone may call where there are none. */
  readonly keys?: readonly ApiKey[];
  /** Names that the Host header may have, without a port. @default any; of our own server on loopback without keys: those of loopback */
  readonly hosts?: readonly string[];
  /** Origins of pages that may call, beside that of the service itself. */
  readonly origins?: readonly string[];
}

/** Names of this machine for itself. */
export const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** The key's name, or why the call is refused. */
export type Guarded = { readonly key: string | undefined } | { readonly problem: ProblemCode };

/**
 * Makes the guard of a service. Host names keep a page from reaching a service on its reader's machine through a name
 * that it has pointed there (DNS rebinding); origins keep it from using what the reader's browser may reach.
 */
export function createGuard(
  options: GuardOptions,
): (request: ServiceRequest, scope: KeyScope | undefined, defaultHosts?: readonly string[]) => Guarded {
  const { keys = [], hosts, origins = [] } = options;
  const checkKey = keys.length === 0 ? undefined : createKeyCheck(keys);
  const named = hosts?.map((host) => host.toLowerCase());
  // Nearly every request has the host of the one before.
  let last = { host: undefined as string | undefined, name: '' };
  return (request, scope, defaultHosts) => {
    const allowed = named ?? defaultHosts;
    const host = request.header('host');
    if (allowed !== undefined) {
      if (host !== last.host) last = { host, name: hostName(host) };
      if (!allowed.includes(last.name)) return { problem: 'HOST_NOT_ALLOWED' };
    }
    const origin = request.header('origin');
    if (origin !== undefined && !isSame(origin, host) && !origins.includes(origin))
      return { problem: 'ORIGIN_NOT_ALLOWED' };
    if (scope === undefined || checkKey === undefined) return { key: undefined };
    const checked = checkKey(request.header('authorization'), scope);
    return 'problem' in checked ? checked : { key: checked.name };
  };
}

/** The name of a Host header without port and brackets; what has no such form has no name. */
function hostName(host: string | undefined): string {
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]@/\\]+)(:\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? '';
  return name.replace(/^\[|\]$/g, '');
}

const isSame = (origin: string, host: string | undefined): boolean =>
  origin === `http://${host}` || origin === `https://${host}`;
