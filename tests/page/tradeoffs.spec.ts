// Trade-offs: what a setting costs, computed while the reader looks.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { audit, faintTexts, namelessControls } from "./audit";
import { expect, LIGHT, test } from "./page";

/** A chart of acks over lanes that a busy machine runs in a moment. */
const ACKS = "./#v1&view=tradeoffs&set=acks&b.workload.records.per.second=2000&seed=7&sum=";

/** Opens a chart by its link; its checksum does not matter here. */
async function open(page: Page, link = ACKS) {
  await page.goto(link);
  const notice = page.getByTestId("notices").getByRole("button");
  if ((await notice.count()) > 0) await notice.first().click();
  await expect(page.getByTestId("study")).toBeVisible();
}

/** Waits until a study has got so far. */
async function phase(page: Page, ...phases: string[]) {
  const shown = page.getByTestId("study-progress");
  await expect.poll(() => shown.getAttribute("data-phase"), { timeout: 50_000 }).toMatch(new RegExp(phases.join("|")));
}

/** Shapes that the chart has. */
const shapes = (page: Page) => page.getByTestId("chart").locator("svg :is(circle, polygon, path, polyline)").count();

test("the chart of acks appears with both lanes, is completed, and narrows", async ({ page }) => {
  await page.goto(LIGHT);
  await page.getByTestId("go-tradeoffs").click();
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "acks");
  await open(page);
  const chart = page.getByTestId("chart");
  await expect(chart.locator("svg")).toBeVisible();
  for (const axis of ["Reliability", "Availability", "Throughput", "Latency", "Cost"]) await expect(chart).toContainText(axis);
  await phase(page, "narrowing", "done");
  expect(await shapes(page)).toBeGreaterThan(20);
  for (const lane of ["A Fintech payments:", "B Clickstream:"]) await expect(page.getByTestId("sentence")).toContainText(lane);
  await expect(page.getByTestId("moves")).toContainText("Moves:");
  const said = page.getByTestId("study-progress").locator("span").first();
  const before = await said.textContent();
  await expect(said).not.toHaveText(before!);
});

test("a chart's link reopens it: setting, values, figures and lanes", async ({ page }) => {
  await open(page);
  await page.getByTestId("figure-latency").selectOption("end-to-end-p99");
  await page.getByTestId("values").fill("1, all");
  await page.getByTestId("values").press("Enter");
  await expect.poll(() => page.url()).toContain("values=1:all");
  expect(page.url()).toContain("view=tradeoffs&set=acks");
  expect(page.url()).toContain("figures=end-to-end-p99");
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "acks");
  await expect(page.getByTestId("values")).toHaveValue("1, all");
  await expect(page.getByTestId("figure-latency")).toHaveValue("end-to-end-p99");
  await expect(page.getByTestId("notices")).toBeEmpty();
});

test("the way back leads from setting to setting and to the playground", async ({ page }) => {
  await page.goto(LIGHT);
  await page.getByTestId("price-acks").click();
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "acks");
  await page.locator('[data-pick="linger.ms"]').first().click();
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "linger.ms");
  await page.goBack();
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "acks");
  await page.goBack();
  await expect(page.getByTestId("lane-a")).toBeVisible();
  await page.goForward();
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "acks");
});

test("a study stops, and goes on where it was", async ({ page }) => {
  await open(page);
  await page.getByTestId("study-stop").click();
  await phase(page, "stopped");
  const said = page.getByTestId("study-progress").locator("span").first();
  const stopped = await said.textContent();
  await page.waitForTimeout(500);
  await expect(said).toHaveText(stopped!);
  await page.getByTestId("study-go-on").click();
  await phase(page, "narrowing", "done");
});

test("the keyboard alone is enough: find a setting, walk along the points, open one in a lane", async ({ page }) => {
  await open(page);
  await phase(page, "narrowing", "done");
  await page.getByTestId("pick-search").focus();
  await page.keyboard.type("acks");
  await page.keyboard.press("Tab");
  const focused = page.locator("[data-pick]:focus");
  for (let presses = 0; presses < 20 && (await focused.getAttribute("data-pick")) !== "acks"; presses++) {
    await page.keyboard.press("ArrowDown");
  }
  await expect(focused).toHaveAttribute("data-pick", "acks");
  await page.getByTestId("chart-cursor").focus();
  const said = () => page.getByTestId("chart-cursor").getAttribute("aria-label");
  const first = await said();
  expect(first).toContain("A Fintech payments");
  await page.keyboard.press("ArrowRight");
  await expect.poll(said).not.toBe(first);
  await page.keyboard.press("ArrowDown");
  await expect.poll(said).toContain("B Clickstream");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("point")).toContainText("B Clickstream · 1");
  await page.getByTestId("open-a").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("lane-a")).toContainText("acks=1");
  await page.goBack();
  await expect(page.getByTestId("study")).toHaveAttribute("data-setting", "acks");
});

test("a setting is found by a word, and one that moves no axis says so", async ({ page }) => {
  await open(page, "./#v1&view=tradeoffs&set=offsets.retention.minutes&b.workload.records.per.second=2000&seed=7&sum=");
  await phase(page, "narrowing", "done");
  await expect(page.getByTestId("moves")).toContainText("none of the five axes");
  await page.getByTestId("pick-search").fill("in-sync");
  await expect(page.locator('[data-pick="min.insync.replicas"]')).toBeVisible();
});

test("rates and prices are listed with their sources, and can be changed", async ({ page }) => {
  await open(page);
  await phase(page, "narrowing", "done");
  await page.getByTestId("assumptions-open").click();
  const assumptions = page.getByTestId("assumptions");
  await expect(assumptions).toContainText("OSDI");
  await expect(assumptions).toContainText("2026-");
  await page.getByTestId("rows-open").click();
  const rows = page.getByTestId("rows-table");
  const before = await rows.textContent();
  await page.getByTestId("price-brokerhour").fill("9.5");
  await page.getByTestId("price-brokerhour").press("Enter");
  await expect(rows).not.toHaveText(before!);
  await page.getByTestId("rate-power-loss").fill("lots");
  await page.getByTestId("rate-power-loss").press("Enter");
  await expect(page.getByTestId("rate-power-loss")).toHaveAttribute("aria-invalid", "true");
  await page.getByTestId("rate-power-loss").fill("2");
  await page.getByTestId("rate-power-loss").press("Enter");
  await phase(page, "first");
  await page.getByTestId("as-stated").click();
  await phase(page, "narrowing", "done");
});

test("a chart can be taken away as SVG, PNG, CSV and Markdown", async ({ page }) => {
  await open(page);
  await phase(page, "narrowing", "done");
  const take = async (kind: string) => {
    const saving = page.waitForEvent("download");
    await page.getByTestId(`export-${kind}`).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe(`highwater-acks.${kind}`);
    return readFile(await saved.path());
  };
  const svg = (await take("svg")).toString();
  expect(svg).toMatch(/^<svg xmlns/);
  expect(svg).not.toContain("var(--");
  const png = await take("png");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect(png.length).toBeGreaterThan(5_000);
  expect((await take("csv")).toString().trim().split("\r\n")).toHaveLength(1 + 3 * 2);
  const note = (await take("md")).toString();
  for (const part of ["## What acks costs", "| acks |", "- A: Fintech payments", "seed 7", "view=tradeoffs&set=acks"]) {
    expect(note).toContain(part);
  }
});

test("values that cannot be are named, and nothing changes", async ({ page }) => {
  await open(page);
  const before = page.url();
  await page.getByTestId("values").fill("1, most");
  await page.getByTestId("values").press("Enter");
  await expect(page.getByTestId("values")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByTestId("study")).toContainText("0, 1, all");
  expect(page.url()).toBe(before);
});

test("a dead helper is started again, and the page says so", async ({ page, complaints }) => {
  await page.addInitScript(() => {
    const workers: Worker[] = [];
    const Original = Worker;
    // Keeps hold of the workers, so that the test can let one die.
    (window as any).Worker = class extends Original {
      constructor(address: string | URL, options?: WorkerOptions) {
        super(address, options);
        workers.push(this);
      }
    };
    (window as any).workers = workers;
  });
  await open(page);
  await expect.poll(() => page.evaluate(() => (window as any).workers.length)).toBeGreaterThan(0);
  await page.evaluate(() => (window as any).workers[0].dispatchEvent(new ErrorEvent("error", { cancelable: true })));
  await expect(page.getByTestId("notices")).toContainText("started again");
  await phase(page, "narrowing", "done");
  complaints.length = 0;
});

for (const width of [360, 768, 1280, 1920]) {
  for (const locale of ["en-US", "ko-KR"]) {
    test(`no chart is wider than a screen of ${width} px in ${locale}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ baseURL, locale, viewport: { width, height: 800 } });
      const page = await context.newPage();
      await open(page);
      await expect(page.getByTestId("chart").locator("svg")).toBeVisible();
      await expect(page.getByTestId("chart")).toContainText(locale === "ko-KR" ? "신뢰성" : "Reliability");
      await page.getByTestId("assumptions-open").click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.getByTestId("go-compare").click();
      await expect(page.getByTestId("compare")).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await context.close();
    });
  }
}

for (const theme of ["light", "dark"] as const) {
  test(`an accessibility audit of the trade-offs finds nothing in the ${theme} theme`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await open(page);
    await phase(page, "narrowing", "done");
    await page.getByTestId("chart-cursor").focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("rows-open").click();
    await page.getByTestId("assumptions-open").click();
    expect(await audit(page)).toEqual([]);
    expect(await page.evaluate(namelessControls)).toEqual([]);
    expect(await page.evaluate(faintTexts)).toEqual([]);
    await page.getByTestId("go-compare").click();
    await expect(page.getByTestId("compare")).toBeVisible();
    expect(await audit(page)).toEqual([]);
  });
}
