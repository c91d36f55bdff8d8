import { expect, finished, LIGHT, test } from "./page.ts";

test("a broker is broken where it stands, by keyboard", async ({ page }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.getByTestId("broker-a-3").focus();
  await page.keyboard.press("Enter");
  const menu = page.getByTestId("broker-menu");
  await expect(menu.locator(":focus")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await expect(page.getByTestId("broker-a-3")).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("fault-mark-1")).toBeVisible();
  const after = await finished(page, before);
  expect(after).not.toEqual(before);
});

test("a fault's mark is a slider: keys move it, and one undo takes all moves back", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  const mark = page.getByTestId("fault-mark-0");
  const at = () => mark.getAttribute("aria-valuenow");
  const before = await at();
  await mark.focus();
  for (const key of ["ArrowRight", "ArrowRight", "PageUp"]) await page.keyboard.press(key);
  await expect.poll(at).not.toBe(before);
  await page.getByTestId("undo").click();
  await expect.poll(at).toBe(before);
});

test("close up the rows become a diagram of every message, and rows again if asked", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("playhead").focus();
  await page.keyboard.press("End");
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("PageDown");
  await page.getByTestId("closest").click();
  const names = page.locator(".row-label");
  await expect(names).toHaveCount(0, { timeout: 30_000 });
  await page.getByTestId("messages").click();
  await expect(names).not.toHaveCount(0);
});

test("stage and timeline are tables too", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.locator(".stage-table summary").first().click();
  await expect(page.locator(".stage-table").first()).toContainText("broker 1");
  await page.locator(".timeline-tables summary").first().click();
  await expect(page.locator(".timeline-tables")).toContainText("in-sync replicas");
  await page.getByTestId("happenings").locator("summary").click();
  const moment = page.getByTestId("happenings").locator(".moment").last();
  await moment.click();
  await expect(page.getByTestId("playhead")).toHaveAttribute("aria-valuetext", (await moment.textContent())!);
});
