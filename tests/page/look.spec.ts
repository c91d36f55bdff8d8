// Language, theme, keyboard, narrow screens; and a browser that refuses what it can refuse.
import type { Page } from "@playwright/test";
import { audit, faintTexts, namelessControls } from "./audit";
import { LIGHT, expect, finished, headline, test } from "./page";

test("the language follows the browser, can be switched, and is remembered", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, locale: "ko-KR" });
  const page = await context.newPage();
  await page.goto(LIGHT);
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await expect(headline(page, "a")).toContainText("유실");
  await page.getByTestId("language").click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(headline(page, "a")).toContainText("lost");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await context.close();
});

test("the theme follows the system, can be switched, and is remembered", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, colorScheme: "dark" });
  const page = await context.newPage();
  await page.goto(LIGHT);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByTestId("theme").click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await context.close();
});

test("the keyboard alone is enough: play, change acks, undo, share, close", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  const clock = await page.getByTestId("clock").textContent();
  await page.keyboard.press("Space");
  await expect(page.getByTestId("clock")).not.toHaveText(clock!);
  await page.keyboard.press("Space");
  await tabTo(page, "acks-b");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByTestId("acks-b")).toHaveValue("all");
  await tabTo(page, "undo");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("acks-b")).toHaveValue("1");
  await tabTo(page, "share");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("dialog")).toBeHidden();
  await expect(page.getByTestId("share")).toBeFocused();
});

test("the keys of a trace viewer are listed by ?", async ({ page }) => {
  await page.goto(LIGHT);
  await expect(page.getByTestId("clock")).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByTestId("dialog").locator("kbd").first()).toBeVisible();
});

for (const width of [360, 768, 1280, 1920]) {
  for (const locale of ["en-US", "ko-KR"]) {
    test(`nothing is wider than a screen of ${width} px in ${locale}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ baseURL, locale, viewport: { width, height: 800 } });
      const page = await context.newPage();
      await page.goto(LIGHT);
      await finished(page);
      await page.getByTestId("filter-all").click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      for (const dialog of ["situations", "files", "share", "add-fault"]) {
        await page.getByTestId(dialog).click();
        await expect(page.getByTestId("dialog")).toBeVisible();
        const overflow = await page.getByTestId("dialog").evaluate((element) => element.scrollWidth - element.clientWidth);
        expect(overflow, dialog).toBeLessThanOrEqual(0);
        await page.getByTestId("close").click();
      }
      await context.close();
    });
  }
}

test("every control has a name, and every text stands out from its ground", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("filter-all").click();
  for (const theme of ["light", "dark"]) {
    if ((await page.locator("html").getAttribute("data-theme")) !== theme) await page.getByTestId("theme").click();
    expect(await page.evaluate(namelessControls)).toEqual([]);
    expect(await page.evaluate(faintTexts)).toEqual([]);
  }
});

for (const theme of ["light", "dark"] as const) {
  test(`an accessibility audit finds nothing in the ${theme} theme`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.goto(LIGHT);
    await finished(page);
    expect(await audit(page)).toEqual([]);
    for (const dialog of ["situations", "files", "share", "add-fault"]) {
      await page.getByTestId(dialog).click();
      await expect(page.getByTestId("dialog")).toBeVisible();
      expect(await audit(page), dialog).toEqual([]);
      await page.getByTestId("close").click();
    }
  });
}

test("a page without storage and without history works", async ({ page }) => {
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("refused", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get: refuse });
    history.replaceState = refuse;
    history.pushState = refuse;
  });
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.getByTestId("language").click();
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await page.getByTestId("acks-b").selectOption("all");
  expect(await finished(page, before, ["b"])).not.toEqual(before);
});

test("a dead worker is started again, and the page says so", async ({ page, complaints }) => {
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
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.evaluate(() => (window as any).workers[1].dispatchEvent(new ErrorEvent("error", { cancelable: true })));
  await expect(page.getByTestId("notices")).toContainText("lane B");
  await expect.poll(() => page.evaluate(() => (window as any).workers.length)).toBe(3);
  expect(await finished(page)).toEqual(before);
  complaints.length = 0;
});

test("reduced motion stills what moves by itself", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(LIGHT);
  await finished(page);
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});

/** Presses Tab until the control has the focus. */
async function tabTo(page: Page, id: string) {
  for (let presses = 0; presses < 400; presses++) {
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
    if (focused === id) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${id}`);
}
