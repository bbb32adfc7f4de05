// Runs the quick start in a terminal's colours and draws what it wrote as docs/session.svg, or as the file that is named.
// npx tsup && node scripts/record-session.mjs [FILE]
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const prompt = 'Predict the species of a penguin.';
const command = `traineragent train '${prompt}' --data penguins.csv`;
const target = process.argv[2] ?? join(root, 'docs/session.svg');
const columns = 116;
const width = 960;
const folder = await mkdtemp(join(tmpdir(), 'traineragent-session-'));
try {
  const args = ['train', prompt, '--data', 'examples/data/penguins.csv', '--out', join(folder, 'out')];
  const env = { ...process.env, FORCE_COLOR: '1' };
  delete env.NO_COLOR;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd: root,
    env,
  });
  const text = (stderr + stdout).replaceAll(join(folder, 'out'), 'traineragent-out/RUN');
  await writeFile(target, draw(command, text.trimEnd().split('\n')));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Lines with terminal colours as an SVG that follows nothing but itself. */
function draw(typed, lines) {
  const all = [`\u001b[2m$\u001b[22m ${typed}`, ...lines.map(shortened)];
  const step = 17;
  const height = all.length * step + 32;
  const rows = all.map((line, i) => `<text x="20" y="${32 + i * step}" xml:space="preserve">${spans(line)}</text>`);
  const title = `A session in a terminal: ${typed}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#e6e9eb}.b{font-weight:700}.d{fill:#9aa5ae}.g{fill:#7fcfa4}.y{fill:#e6bc66}.r{fill:#f09a92}.c{fill:#6ea8e5}</style>
<rect width="${width}" height="${height}" rx="8" fill="#15181b"/>
${rows.join('\n')}
</svg>
`;
}

/** A line that ends at the window's edge, its colours not counted. */
function shortened(line) {
  let length = 0;
  let out = '';
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith('\u001b')) out += part;
    else {
      out +=
        length + part.length > columns
          ? `${part.slice(0, Math.max(0, columns - length - 1))}${length < columns ? '…' : ''}`
          : part;
      length += part.length;
    }
  }
  return out;
}

function spans(line) {
  const classes = new Set();
  let out = '';
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
    if (code === undefined) {
      if (part !== '')
        out += classes.size === 0 ? escaped(part) : `<tspan class="${[...classes].join(' ')}">${escaped(part)}</tspan>`;
      continue;
    }
    const on = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y', 36: 'c', 34: 'c' }[code];
    if (on !== undefined) classes.add(on);
    else if (code === '22') for (const name of ['b', 'd']) classes.delete(name);
    else if (code === '39') for (const name of ['r', 'g', 'y', 'c']) classes.delete(name);
    else classes.clear();
  }
  return out;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]);
}
