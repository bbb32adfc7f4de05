import { createHash } from 'node:crypto';

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
[hidden]{display:none!important}
body{max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}
form{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.75rem}
label{display:flex;flex-direction:column;gap:.2rem;font-size:.9rem}
input,select,button{font:inherit;padding:.4rem;border:1px solid #8888;border-radius:.3rem;width:100%;box-sizing:border-box}
small{opacity:.7}
.wide{grid-column:1/-1}
button{cursor:pointer;background:#0a6;color:#fff;border:0;font-weight:600}
output{display:block;margin-top:1.5rem;min-height:3rem}
strong{font-size:1.5rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
td{padding:.15rem .5rem .15rem 0}
td:last-child{text-align:right;font-variant-numeric:tabular-nums}
meter{width:100%}
.problem{color:#c33}
h2{font-size:1.1rem;margin:1.5rem 0 .25rem}
.scroll{overflow-x:auto}
#admin th{text-align:left;font-weight:600;padding-right:.75rem;white-space:nowrap}
#admin table{font-size:.9rem}
#admin td{padding-right:.75rem;text-align:left;min-width:3rem;overflow-wrap:break-word}
#admin td:first-child{max-width:12rem}
#keys{margin-bottom:1rem}
#admin td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}`;

const script = `const $ = (id) => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
let about;
const call = (path, options = {}) => {
  const headers = { ...options.headers };
  const key = $('key').value.trim();
  if (key) headers.authorization = 'Bearer ' + key;
  return fetch(path, { ...options, headers });
};
const short = (value) => (typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value));
function field(name, schema, example) {
  const types = [].concat(schema.type);
  const label = make('label', {}, make('span', { textContent: name }));
  let input;
  if (types.includes('boolean') && !types.includes('number')) {
    input = make('select', {}, make('option', { value: '', textContent: '(missing)' }), make('option', { value: 'true', textContent: 'true' }), make('option', { value: 'false', textContent: 'false' }));
    input.dataset.kind = 'boolean';
  } else if (types.includes('number') && !types.includes('boolean')) {
    input = make('input', { type: 'text', inputMode: 'decimal' });
    input.dataset.kind = 'number';
  } else {
    input = make('input', { type: 'text' });
    if (types.includes('number')) {
      const list = make('datalist', { id: 'list-' + $('form').children.length });
      for (const known of (schema.examples || []).slice(0, 200)) list.append(make('option', { value: String(known) }));
      input.setAttribute('list', list.id);
      label.append(list);
    }
    input.dataset.kind = 'text';
  }
  input.name = name;
  input.value = example === undefined ? '' : String(example);
  label.append(input, make('small', { textContent: schema.description || '' }));
  return label;
}
async function start() {
  const form = $('form');
  const response = await call('v1/signature');
  if (response.status === 401 || response.status === 403) {
    $('keys').hidden = false;
    const needed = $('key').value.trim() ? 'This key may not predict.' : 'This service needs a key.';
    $('form').replaceChildren();
    $('answer').replaceChildren(make('p', { textContent: needed }));
    await showAdmin();
    return;
  }
  about = await response.json();
  document.title = 'Predict ' + about.target;
  $('title').textContent = 'Predict ' + about.target;
  form.replaceChildren();
  const example = new Map(Object.entries(about.examples[0] || {}));
  for (const [name, schema] of Object.entries(about.record.properties)) form.append(field(name, schema, example.get(name)));
  form.append(make('button', { type: 'submit', textContent: 'Predict', className: 'wide' }));
  $('answer').replaceChildren();
  await showAdmin();
}
const percent = (share) => (100 * share).toFixed(1) + ' %';
const row = (tag, cells) => make('tr', {}, ...cells.map((text, i) => make(tag, { textContent: text, className: tag === 'td' && i > 0 && /^[-\\d.]/.test(text) ? 'number' : '' })));
const table = (head, rows) => make('div', { className: 'scroll' }, make('table', {}, row('th', head), ...rows.map((cells) => row('td', cells))));
/** Versions and drift, where the key may see them; without a key there is nothing to ask for. */
async function showAdmin() {
  const admin = $('admin');
  admin.hidden = true;
  if (!$('key').value.trim()) return;
  const [drift, labels] = await Promise.all([call('v1/drift'), call('v1/labels')]);
  if (!drift.ok) return;
  const { versions } = await drift.json();
  const named = labels.ok ? (await labels.json()).labels : {};
  const labelOf = (version) => version === named.stable ? 'stable' : version === (named.canary || {}).version ? 'canary ' + percent(named.canary.share) : '';
  const parts = [make('h2', { textContent: 'Versions' }), table(['version', 'label', 'on outcomes', 'before'], versions.map(({ version, score }) => [
    version.slice(0, 12),
    labelOf(version),
    score ? score.metric + ' ' + short(score.value) + ' (' + short(score.interval[0]) + ' to ' + short(score.interval[1]) + ', ' + score.count + ')' + (score.isWorse ? ': worse' : '') : 'none yet',
    score && score.expected ? short(score.expected.value) : '',
  ]))];
  for (const { version, hasReference, pending, window } of versions) {
    parts.push(make('h2', { textContent: 'Drift of ' + version.slice(0, 12) }));
    if (!hasReference) parts.push(make('p', { textContent: 'The file does not tell how training was distributed.' }));
    else if (!window) parts.push(make('p', { textContent: pending + ' records so far; there is no full window yet.' }));
    else parts.push(make('p', { textContent: 'Window ' + window.window + ' of ' + window.rows + ' records.' }), table(['', 'alarm', 'index', 'limit', 'missing', 'unknown'], [...window.columns, ...(window.prediction ? [window.prediction] : [])].sort((a, b) => b.psi / b.psiLimit - a.psi / a.psiLimit).map((one) => [
      one.column === undefined ? '(predictions)' : one.column,
      one.alarms.join(', '),
      one.psi.toFixed(3),
      one.psiLimit.toFixed(3),
      percent(one.missing.window),
      one.unseen ? percent(one.unseen.window) : '',
    ])));
  }
  admin.replaceChildren(...parts);
  admin.hidden = false;
}
function record() {
  const entries = [];
  for (const input of $('form').querySelectorAll('[name]')) {
    const text = input.value.trim();
    if (text === '') continue;
    const { kind } = input.dataset;
    entries.push([input.name, kind === 'boolean' ? text === 'true' : kind === 'number' && Number.isFinite(Number(text)) ? Number(text) : text]);
  }
  return Object.fromEntries(entries);
}
function show(answer) {
  const parts = [make('p', {}, 'Prediction: ', make('strong', { textContent: short(answer.prediction) }))];
  if (answer.interval) parts.push(make('p', { textContent: 'from ' + short(answer.interval.low) + ' to ' + short(answer.interval.high) }));
  const rows = Object.entries(answer.probabilities || {}).sort((a, b) => b[1] - a[1]);
  if (rows.length) {
    const table = make('table', { id: 'probabilities' });
    for (const [name, value] of rows.slice(0, 50)) table.append(make('tr', {}, make('td', { textContent: name }), make('td', {}, make('meter', { min: 0, max: 1, value: value || 0 })), make('td', { textContent: short(value) })));
    parts.push(table);
  }
  if (answer.explanation) {
    const table = make('table', { id: 'explanation' });
    for (const { column, value } of answer.explanation.contributions.slice(0, 10)) table.append(make('tr', {}, make('td', { textContent: column }), make('td', { textContent: (value > 0 ? '+' : '') + short(value) })));
    parts.push(make('p', { textContent: 'What mattered' }), table);
  }
  $('answer').replaceChildren(...parts);
}
$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const response = await call('v1/predict' + (about.canExplain ? '?explain=1' : ''), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(record()) });
  const body = await response.json();
  if (response.ok) show(body.predictions[0]);
  else $('answer').replaceChildren(make('p', { className: 'problem', textContent: body.detail }), ...(body.problems || []).map((item) => make('p', { className: 'problem', textContent: (item.column ? item.column + ': ' : '') + item.problem })));
});
$('keys').addEventListener('submit', (event) => { event.preventDefault(); start(); });
start();`;

/** A page with a form that is made of the model's signature, in the browser. It needs nothing from elsewhere. */
export const tryPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Predict</title>
<style>${style}</style>
<h1 id="title">Predict</h1>
<form id="keys" hidden><label class="wide">Key<input id="key" type="password" autocomplete="off"></label><button class="wide">Use this key</button></form>
<form id="form"></form>
<output id="answer" aria-live="polite">…</output>
<section id="admin" hidden></section>
<p><small><a href="openapi.json">OpenAPI</a> · <a href="client.ts">TypeScript client</a> · <a href="client.py">Python client</a></small></p>
<script type="module">${script}</script>
</html>
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Content-Security-Policy of {@link tryPage}: its own script and style by their hashes, calls to its own origin, nothing else. */
export const tryPagePolicy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
