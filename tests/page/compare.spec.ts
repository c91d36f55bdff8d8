// Compare: A against B on five axes, every configuration that was tried, and the chapter's table.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { audit, faintTexts, namelessControls } from "./audit";
import { expect, test } from "./page";

/** Lanes that a busy machine runs in a moment. */
const LANES = "./#v1&view=compare&b.workload.records.per.second=2000&seed=7&sum=";
const CHAPTER = "./#v1&view=chapter&sum=";

/** Opens the view by its link; its checksum does not matter here. */
async function open(page: Page, link = LANES) {
  await page.goto(link);
  const notice = page.getByTestId("notices").getByRole("button");
  if ((await notice.count()) > 0) await notice.first().click();
  await expect(page.getByTestId("compare")).toBeVisible();
}

/** Waits until every figure has been asked for once. */
async function whole(page: Page) {
  const shown = page.getByTestId("study-progress");
  await expect.poll(() => shown.getAttribute("data-phase"), { timeout: 50_000 }).toMatch(/narrowing|done/);
}

test("the verdict has a bar and a word for each axis and lane, and says what differs", async ({ page }) => {
  await open(page);
  await whole(page);
  const chart = page.getByTestId("verdict-chart");
  for (const axis of ["Reliability", "Availability", "Throughput", "Latency", "Cost"]) await expect(chart).toContainText(axis);
  for (const axis of ["reliability", "availability", "throughput", "latency", "cost"]) {
    await expect(page.getByTestId(`verdict-${axis}`).locator(".class")).toHaveCount(2);
    await expect(page.getByTestId(`verdict-${axis}`).locator("td").last()).not.toBeEmpty();
  }
});

test("a bound that is moved moves the words, and the page says that it is not the stated one", async ({ page }) => {
  await open(page);
  await whole(page);
  const word = page.getByTestId("verdict-latency").locator(".class").first();
  await page.getByTestId("bounds").locator("summary").click();
  await page.getByTestId("bound-latency-lowmedium").fill("0.0001");
  await page.getByTestId("bound-latency-mediumhigh").fill("0.0002");
  await page.getByTestId("bound-latency-mediumhigh").press("Enter");
  await expect(word).toHaveText("high");
  await expect(page.getByTestId("bounds-state")).toHaveText(/not/i);
  await page.getByTestId("bounds-stated").click();
  await expect(page.getByTestId("bounds-state")).not.toHaveText(/not/i);
});

test("what charts have tried are points; one opens its configuration in a lane, by keyboard too", async ({ page }) => {
  await page.goto("./#v1&view=tradeoffs&set=acks&b.workload.records.per.second=2000&seed=7&sum=");
  await expect(page.getByTestId("study")).toBeVisible();
  await expect
    .poll(() => page.getByTestId("study-progress").getAttribute("data-phase"), { timeout: 50_000 })
    .toMatch(/narrowing|done/);
  await page.getByTestId("go-compare").click();
  await whole(page);
  const chart = page.getByTestId("tried-chart");
  await expect(chart).toContainText("A Fintech payments");
  await chart.getByRole("button").focus();
  await page.keyboard.press("Home");
  await expect(chart.getByRole("button")).toHaveAttribute("aria-label", /acks=/);
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("tried-card")).toContainText("acks=");
  await page.getByTestId("tried-open-b").click();
  await expect(page.getByTestId("lane-b")).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId("compare")).toBeVisible();
});

test("latencies and losses are drawn, and the worst run opens in the playground", async ({ page }) => {
  await open(page);
  await whole(page);
  await expect(page.getByTestId("latency-chart")).toContainText("p99.9");
  await expect(page.getByTestId("losses-chart").locator("svg")).toBeVisible();
  await page.getByTestId("losses-worst-b").click();
  await expect(page.getByTestId("lane-b")).toBeVisible();
});

test("the chapter's table has fifteen cells, each with figure, word and the chapter's word", async ({ page }) => {
  await open(page, CHAPTER);
  const cells = page.locator('[data-testid^="cell-"]');
  await expect(cells).toHaveCount(15);
  await expect(page.getByTestId("cell-payments-cost").locator(".class")).toBeVisible({ timeout: 50_000 });
  await page.getByTestId("view-lanes").click();
  await expect(page.getByTestId("verdict")).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId("chapter")).toBeVisible();
});

test("the verdict is taken away as picture, table and note", async ({ page }) => {
  await open(page);
  await whole(page);
  const take = async (id: string) => {
    const download = page.waitForEvent("download");
    await page.getByTestId(id).click();
    return readFile(await (await download).path());
  };
  const svg = (await take("verdict-svg")).toString();
  expect(svg).toContain("<svg");
  expect(svg).not.toContain("var(");
  expect((await take("verdict-png")).subarray(1, 4).toString()).toBe("PNG");
  expect((await take("verdict-csv")).toString().trim().split("\n")).toHaveLength(6);
  const note = (await take("verdict-md")).toString();
  expect(note).toContain("| Reliability");
  expect(note).toContain("view=compare");
});

for (const width of [360, 768, 1280, 1920]) {
  for (const locale of ["en-US", "ko-KR"]) {
    test(`compare fits a screen of ${width} px in ${locale}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ baseURL, locale, viewport: { width, height: 800 } });
      const page = await context.newPage();
      for (const link of [LANES, CHAPTER]) {
        await open(page, link);
        await page.getByTestId("bounds").locator("summary").click();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
      await context.close();
    });
  }
}

for (const theme of ["light", "dark"] as const) {
  test(`an accessibility audit of compare finds nothing in the ${theme} theme`, async ({ browser, baseURL }) => {
    const context = await browser.newContext({ baseURL, colorScheme: theme });
    const page = await context.newPage();
    for (const link of [LANES, CHAPTER]) {
      await open(page, link);
      await whole(page);
      await page.getByTestId("study-stop").click();
      await page.getByTestId("bounds").locator("summary").click();
      expect(await audit(page)).toEqual([]);
      expect(await page.evaluate(namelessControls)).toEqual([]);
      expect(await page.evaluate(faintTexts)).toEqual([]);
    }
    await context.close();
  });
}
