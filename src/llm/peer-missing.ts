import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';

/** A package that does not load: the line to type where it is not there, else what it said. */
export function peerMissing(packageName: string, cause: unknown): TrainerError {
  const { code } = (cause ?? {}) as { code?: unknown };
  const isThere = code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND';
  return new TrainerError(
    'PEER_MISSING',
    isThere
      ? `Expected the package ${packageName} to load, but: ${errorText(cause)}. Install a version for Node ${process.version}: npm install ${packageName}`
      : `Expected the package ${packageName} to be installed. Type: npm install ${packageName}`,
    { cause, details: { package: packageName } },
  );
}
