import { Html, type HtmlValue, html } from './html.ts';

/** One column of a table: its head and how a row fills it. `kind` is `n` for numbers, `name` or `wide` for text. */
export interface TableColumn<Row> {
  readonly head: string;
  readonly kind?: 'n' | 'name' | 'wide';
  cell(row: Row): HtmlValue;
}

/** What a table is called, and which rows stand out. */
export interface TableOptions<Row> {
  /** Read out before the table; not seen. */
  readonly caption: string;
  readonly isBest?: (row: Row) => boolean;
}

/** A table that scrolls sideways on a narrow screen; columns that no row fills are left out. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  { caption, isBest = () => false }: TableOptions<Row>,
): Html {
  const cells = rows.map((row) => columns.map((column) => html`${column.cell(row)}`.text));
  const kept = columns.map((column, i) => ({ column, i })).filter(({ i }) => cells.some((row) => row[i] !== ''));
  const kind = (column: TableColumn<Row>): Html => new Html(column.kind ? ` class="${column.kind}"` : '');
  // What a row is called: its name, or what stands first.
  const head = kept.find(({ column }) => column.kind === 'name') ?? kept[0];
  const isNarrow = kept.length < 3 && !kept.some(({ column }) => column.kind === 'wide');
  const cell = (text: string, of: (typeof kept)[number]): Html =>
    of === head
      ? html`<th scope="row"${kind(of.column)}>${new Html(text)}</th>`
      : html`<td${kind(of.column)}>${new Html(text)}</td>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${new Html(isNarrow ? ' class="narrow"' : '')}><caption>${caption}</caption><thead><tr>${kept.map(({ column }) => html`<th scope="col"${kind(column)}>${column.head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
      r,
    ) => html`<tr${new Html(isBest(row) ? ' class="best"' : '')}>${kept.map((of) => cell(cells[r]?.[of.i] ?? '', of))}</tr>
`,
  )}</tbody></table></div>`;
}

/** The first rows, and the others behind a line to open. */
export function foldedTable<Row>(
  rows: readonly Row[],
  shown: number,
  what: string,
  columns: readonly TableColumn<Row>[],
  options: TableOptions<Row>,
): Html {
  if (rows.length <= shown + 3) return table(rows, columns, options);
  const rest = { ...options, caption: `${options.caption}, continued` };
  return html`${table(rows.slice(0, shown), columns, options)}
<details><summary>${rows.length - shown} more ${what}</summary>${table(rows.slice(shown), columns, rest)}</details>`;
}

/** Where in the journal a number was measured. */
export const recordOf = (record: string | undefined): Html | undefined =>
  record === undefined ? undefined : html`<span class="quiet small">${record}</span>`;

/** A small coloured word. */
export const pill = (text: string, tone?: 'good' | 'warn' | 'bad'): Html =>
  html`<span class="pill${tone ? ` ${tone}` : ''}">${text}</span>`;

/** A list of words, each marked with a pill before it. */
export function pillList(items: readonly { readonly pill: Html; readonly text: HtmlValue }[]): Html {
  return html`<ul class="plain">${items.map(
    (item) => html`<li><span>${item.pill}</span><span>${item.text}</span></li>
`,
  )}</ul>`;
}
