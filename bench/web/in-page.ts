import { type Browser, chromium, type Page } from 'playwright-core';
import type { WebPage } from './page.ts';

/** Headless Chromium, as it is installed on this machine. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
}

/** Opens a page and waits until its script has run; what goes wrong in it is told to `onProblem`. */
export async function openPage(browser: Browser, url: string, onProblem?: (message: string) => void): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => onProblem?.(error.message));
  page.on('console', (message) => message.type() === 'error' && onProblem?.(message.text()));
  await page.goto(url);
  await page.waitForFunction('globalThis.page !== undefined');
  return page;
}

/** Calls a function of the page by name. */
export function callPage<Name extends keyof WebPage>(
  page: Page,
  name: Name,
  ...given: Parameters<WebPage[Name]>
): ReturnType<WebPage[Name]> {
  return page.evaluate(`page.${name}(...${JSON.stringify(given)})`) as ReturnType<WebPage[Name]>;
}
