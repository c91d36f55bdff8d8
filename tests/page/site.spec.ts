// What any host of the static site can rely on.
import { expect, test } from "./page";

test("the page starts from a sub-path, and its worker greets it", async ({ page }) => {
  await page.goto("./");
  await expect(page.getByTestId("worker")).toContainText("ready");
});

test("the page starts by its file's name too", async ({ page }) => {
  await page.goto("./index.html");
  await expect(page.getByTestId("worker")).toContainText("ready");
});

test("a strict policy holds, and needs no inline script", async ({ page, request }) => {
  const html = await (await request.get("./")).text();
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe-inline");
  expect(policy).not.toContain("'unsafe-eval'");
  await page.goto("./");
  const inlineScripts = await page.locator("script:not([src])").count();
  expect(inlineScripts).toBe(0);
});

test("every address in the page is relative", async ({ request }) => {
  const html = await (await request.get("./")).text();
  const addresses = [...html.matchAll(/(?:src|href|data-js|data-wasm)="([^"]*)"/g)].map((match) => match[1]);
  expect(addresses.length).toBeGreaterThan(3);
  expect(addresses.filter((address) => !address.startsWith("./"))).toEqual([]);
});
