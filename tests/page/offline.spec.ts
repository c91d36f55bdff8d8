// Offline after the first visit, and installable.
import { LIGHT, expect, finished, test } from "./page";
import type { Page } from "@playwright/test";

/** Waits until the service worker has kept the whole site. */
async function kept(page: Page) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
}

test("after one visit the page works without a network, and runs to the same fingerprints", async ({ page }) => {
  await page.goto(LIGHT);
  const online = await finished(page);
  await kept(page);
  await page.context().setOffline(true);
  await page.reload();
  expect(await finished(page)).toEqual(online);
});

test("what is kept is the whole site, file by file", async ({ page, baseURL }) => {
  await page.goto(LIGHT);
  await kept(page);
  const names = await page.evaluate(async () => {
    const [name] = await caches.keys();
    return (await (await caches.open(name)).keys()).map(({ url }) => url);
  });
  for (const end of ["index.html", "start.js", "sim_worker_bg.wasm", ".css", "highwater.webmanifest"]) {
    expect(names.filter((name) => name.startsWith(baseURL!) && name.endsWith(end))).not.toEqual([]);
  }
});

test("a newer page is shown as soon as the host has it", async ({ page, context }) => {
  await page.goto(LIGHT);
  await kept(page);
  await context.route(/\/start\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\ndocument.documentElement.dataset.newer = "";` });
  });
  await page.reload();
  await expect(page.locator("html[data-newer]")).toBeAttached();
});

test("the browser finds the page fit to install", async ({ page }) => {
  await page.goto(LIGHT);
  await kept(page);
  const browser = await page.context().newCDPSession(page);
  const { url, errors } = await browser.send("Page.getAppManifest");
  expect(url).toMatch(/highwater\.webmanifest$/);
  expect(errors).toEqual([]);
  const { installabilityErrors } = await browser.send("Page.getInstallabilityErrors");
  // A test's profile is an incognito one, which installs nothing.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
});
