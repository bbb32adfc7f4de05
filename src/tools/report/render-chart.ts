import { TrainerError } from '../../core/errors.ts';

/**
 * Draws a Vega-Lite chart as an SVG string, on the server, without a canvas and without a network.
 * `vega` and `vega-lite` are loaded by the first chart.
 *
 * @throws {TrainerError} INTERNAL where the chart asks to load something.
 */
export async function renderChart(spec: object): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const refuse = (): Promise<never> =>
    Promise.reject(new TrainerError('INTERNAL', 'Expected a chart with inline data only, got one that loads.'));
  const compiled = vegaLite.compile(spec as Parameters<typeof vegaLite.compile>[0], { logger: quiet }).spec;
  const view = new vega.View(vega.parse(compiled), {
    renderer: 'none',
    loader: { ...vega.loader(), load: refuse, sanitize: refuse, http: refuse, file: refuse },
    logger: quiet,
  });
  try {
    const svg = await view.toSVG();
    // The page allows no inline styles; what Vega writes in them is for pointers, which a picture has not.
    return svg.replace(/ style="[^"]*"/g, '').replace(/ xmlns:xlink="[^"]*"/, '');
  } finally {
    view.finalize();
  }
}

const quiet = {
  level: () => quiet,
  error: () => quiet,
  warn: () => quiet,
  info: () => quiet,
  debug: () => quiet,
} as never;
