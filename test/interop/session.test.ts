import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The lines of a drawn session with what every run has alike: words, not its id, times, hashes or scores. */
function wordsOf(svg: string): string[] {
  const lines = [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, inside]) =>
    inside!.replace(/<[^>]+>/g, '').replace(/&(?:quot|amp|lt|gt);/g, '"'),
  );
  const words = lines
    .map((line) => line.replace(/\b\d{8}-\d{6}-[0-9a-f]{8}\b|\b[0-9a-f]{12}\b/g, 'ID').replace(/[\d.,–]*\d/g, '#'))
    // A longer number moves the edge at which a line is cut.
    .map((line) =>
      line
        .replace(/# (?:µs|ms|s|min)\b/g, '# s')
        .slice(0, 70)
        .trimEnd(),
    );
  // How often the best changes depends on the last bits of scores, which differ between kinds of processors.
  return words.filter((line, i) => line !== words[i - 1]);
}

it('the session in the README is what the command line prints', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'traineragent-session-'));
  try {
    const path = join(folder, 'session.svg');
    await promisify(execFile)(process.execPath, [join(root, 'scripts/record-session.mjs'), path], { cwd: root });
    const drawn = await readFile(path, 'utf8');
    const kept = await readFile(join(root, 'docs/session.svg'), 'utf8');
    // Where this fails: npx tsup && node scripts/record-session.mjs
    expect(wordsOf(kept)).toEqual(wordsOf(drawn));
    expect(wordsOf(kept).length).toBeGreaterThan(40);
    expect(kept).not.toContain(tmpdir());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
