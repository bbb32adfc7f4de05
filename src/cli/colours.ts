import picocolors from 'picocolors';

/** Terminal colours, or none. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/** Colours that are on or off whatever the environment says. */
export const createColours = (isOn: boolean): Colours => picocolors.createColors(isOn);

/** Whether colours are wanted: a terminal, and not `NO_COLOR`, `TERM=dumb` or `FORCE_COLOR=0`. */
export function wantsColours(isTty: boolean, environment: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTty && TERM !== 'dumb';
}
