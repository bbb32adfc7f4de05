/** Colours are the page's variables, so that a chart follows light and dark without being drawn twice. */
export const ink = 'var(--ink)';
export const quietInk = 'var(--ink-2)';
export const accent = 'var(--accent)';
export const second = 'var(--second)';
export const line = 'var(--line)';
/** Distinct series, in order. */
export const seriesColours = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'];

/** What all charts share. */
export const chartConfig = {
  background: 'transparent',
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: quietInk,
    titleColor: quietInk,
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 11,
    titlePadding: 8,
    labelPadding: 5,
    domainColor: line,
    tickColor: line,
    gridColor: line,
    gridWidth: 0.6,
    tickSize: 4,
    labelLimit: 170,
    labelOverlap: true,
    labelFlush: false,
  },
  legend: {
    labelColor: quietInk,
    titleColor: quietInk,
    labelFontSize: 11,
    symbolStrokeWidth: 2,
    labelLimit: 140,
    orient: 'bottom',
    title: null,
    columns: 4,
  },
  title: { color: ink, fontSize: 12, fontWeight: 600, anchor: 'start', offset: 10 },
  line: { strokeWidth: 2 },
  text: { color: ink, fontSize: 11 },
};
