import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { createApiKey, createService, type Deployment } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployTarget, deployFiles } from '../../src/tools/serve/deploy-files.ts';
import { recordsOf, sampleFile, watchedFile } from '../server/sample-service.ts';

const bin = new URL('../../.venv/bin/', import.meta.url).pathname;
let folder: string;
let server: Deployment;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'serve-'));
  const explain = async (records: readonly Readonly<Record<string, unknown>>[]) =>
    records.map(({ tenure }) => ({ contributions: [{ column: 'tenure', value: Number(tenure) / 100 }] }));
  const service = await createService({ ...(await sampleFile()), explain }, { workers: 1 });
  server = await service.listen();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const facts = { name: 'churn', hash: 'ab'.repeat(32), version: '1.2.3', port: 8080 };
const write = (target: DeployTarget, file: string, change = (text: string) => text): string => {
  const path = join(folder, file);
  writeFileSync(path, change(deployFiles(target, facts)[file]!));
  return path;
};
const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });

describe('generated files', () => {
  it('the Dockerfile passes hadolint', () => {
    expect(run(`${bin}hadolint`, '--failure-threshold', 'style', write('docker', 'Dockerfile'))).toBe('');
    const broken = write('docker', 'Dockerfile', (text) =>
      text.replace('USER 10001:10001', 'USER root\nRUN cd /tmp && apt-get install x'),
    );
    expect(() => run(`${bin}hadolint`, broken)).toThrow(/Command failed/);
  });

  it('the manifests pass the schemas of Kubernetes', () => {
    run(`${bin}kubernetes-validate`, '--strict', write('kubernetes', 'service.yaml'));
    const broken = write('kubernetes', 'service.yaml', (text) =>
      text.replace('readOnlyRootFilesystem', 'readOnlyRoot'),
    );
    expect(() => run(`${bin}kubernetes-validate`, '--strict', broken)).toThrow();
  });

  it('the unit passes systemd-analyze, and is exposed little', () => {
    const node = (text: string) => text.replace('/usr/bin/node', process.execPath);
    expect(run('systemd-analyze', 'verify', write('systemd', 'churn.service', node))).toBe('');
    const security = run(
      'systemd-analyze',
      'security',
      '--offline=true',
      '--threshold=40',
      write('systemd', 'churn.service', node),
    );
    expect(security).toMatch(/Overall exposure level/);
  });
});

describe('the page', () => {
  it('makes its form of the signature, predicts, explains, and asks for nothing from elsewhere', async () => {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    try {
      const page = await browser.newPage();
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${server.url}/`);
      await page.waitForSelector('button:has-text("Predict")');
      const fields = await page.$$eval('#form [name]', (inputs) =>
        inputs.map((input) => (input as unknown as { name: string }).name),
      );
      expect(fields).toEqual(['tenure', 'since', 'plan', 'active', 'usage', 'region']);
      await page.fill('[name=tenure]', '42');
      await page.click('button:has-text("Predict")');
      await page.waitForSelector('#probabilities');
      expect(await page.textContent('#answer')).toMatch(/Prediction: (no|yés)/);
      expect(await page.textContent('#explanation')).toContain('tenure+0.42');
      await page.fill('[name=usage]', 'many');
      await page.click('button:has-text("Predict")');
      await page.waitForSelector('.problem');
      expect(await page.textContent('#answer')).toContain('usage: expected a finite number');
      expect(asked.every((url) => url.startsWith(server.url))).toBe(true);
      // The refused request alone, and the icon that browsers ask for.
      expect(complaints.filter((text) => !/status of 40[04]/.test(text))).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('the page of a service with keys', () => {
  it('shows versions and drift with a key of an admin alone, at the width of a phone too', async () => {
    const [admin, shop] = [createApiKey('ops', ['predict', 'admin']), createApiKey('shop', ['predict'])];
    await using service = await createService(await watchedFile(), { workers: 1, keys: [admin.stored, shop.stored] });
    await using own = await service.listen();
    for (const seed of ['a', 'b'])
      await fetch(`${own.url}/v1/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.key}` },
        body: JSON.stringify(recordsOf(500, seed, { plan: 'SECRET' })),
      });
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await page.goto(`${own.url}/`);
      await page.waitForSelector('#keys:not([hidden])');
      expect(asked).not.toContain('/v1/drift');
      const withKey = async (key: string) => {
        await page.fill('#key', key);
        const answered = page.waitForResponse((response) => response.url().endsWith('/v1/labels'));
        await page.click('text=Use this key');
        await answered;
        await page.waitForSelector('button:has-text("Predict")');
      };
      await withKey(shop.key);
      expect(await page.isVisible('#admin')).toBe(false);
      await withKey(admin.key);
      await page.waitForSelector('#admin:not([hidden])');
      const text = await page.textContent('#admin');
      expect(text).toMatch(/Versions.*none yet.*Drift of.*Window 2 of 500 records/s);
      expect(await page.textContent('#admin tr:has-text("plan")')).toMatch(/unseen/);
      expect(text).not.toContain('SECRET');
      // Nothing stands beside the screen.
      expect(await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')).toBe(
        true,
      );
      const pictures = process.env.TRAINERAGENT_PICTURES;
      if (pictures !== undefined) {
        await page.screenshot({ path: join(pictures, 'page-phone.png'), fullPage: true });
        await page.setViewportSize({ width: 1280, height: 900 });
        await page.screenshot({ path: join(pictures, 'page-desk.png'), fullPage: true });
      }
    } finally {
      await browser.close();
    }
  });
});

describe('the Python client', () => {
  it('predicts', async () => {
    writeFileSync(join(folder, 'client.py'), await (await fetch(`${server.url}/client.py`)).text());
    const { execFile } = await import('node:child_process');
    const out = await new Promise<string>((resolve, reject) =>
      execFile(`${bin}python`, [join(folder, 'client.py')], (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      ),
    );
    expect(out).toMatch(/^\[\{'prediction': '(no|yés)', 'probabilities': \{/);
  });
});
