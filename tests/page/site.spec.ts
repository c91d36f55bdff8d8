// What any host of the static site can rely on.
import { expect, test } from "./page";

for (const address of ["./", "./index.html"]) {
  test(`the page and its workers start from a sub-path, by ${address}`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByTestId("language")).toBeVisible();
    await expect.poll(() => page.workers().length).toBeGreaterThan(0);
  });
}

test("a strict policy holds, and needs no inline script", async ({ page, request }) => {
  const html = await (await request.get("./")).text();
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe-inline");
  expect(policy).not.toContain("'unsafe-eval'");
  await page.goto("./");
  await expect(page.getByTestId("language")).toBeVisible();
  const inlineScripts = await page.locator("script:not([src])").count();
  expect(inlineScripts).toBe(0);
});

test("every address in the page is relative", async ({ request }) => {
  const html = await (await request.get("./")).text();
  const addresses = [...html.matchAll(/(?:src|href|data-js|data-wasm)="([^"]*)"/g)].map((match) => match[1]);
  expect(addresses.length).toBeGreaterThan(3);
  expect(addresses.filter((address) => !address.startsWith("./"))).toEqual([]);
});
