// What a reader can do with the page, one promise a test.
import { LIGHT, expect, finished, headline, test } from "./page";

test("a first visit shows both outcomes without a touch", async ({ page }) => {
  await page.goto("./");
  for (const lane of ["a", "b"]) {
    await expect(headline(page, lane)).toContainText("acknowledged");
    await expect(headline(page, lane)).toContainText("lost");
  }
  await finished(page);
  await expect(page.getByTestId("badge")).toHaveText(/Kafka \d+\.\d+ · engine \d+/);
});

test("the first picture is there within a second or so, before any run is done", async ({ page }) => {
  await page.goto("./");
  await expect(page.getByTestId("headline").first()).toHaveAttribute("data-final", "true");
  const mark = () => performance.getEntriesByName("highwater:first-picture").length;
  await expect.poll(() => page.evaluate(mark)).toBe(1);
});

test("the same scenario has the same fingerprint at every visit", async ({ page, browser, baseURL }) => {
  await page.goto("./");
  const here = await finished(page);
  const context = await browser.newContext({ baseURL });
  const there = await context.newPage();
  await there.goto("./");
  expect(await finished(there)).toEqual(here);
  await context.close();
});

test("playing moves the clock, and pausing stops it", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  const clock = page.getByTestId("clock");
  const before = await clock.textContent();
  await page.getByTestId("play").click();
  await expect(clock).not.toHaveText(before!);
  await page.getByTestId("play").click();
  const paused = await clock.textContent();
  await page.waitForTimeout(300);
  await expect(clock).toHaveText(paused!);
});

test("scrubbing the timeline moves the clock", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  const playhead = page.getByTestId("playhead");
  await playhead.focus();
  const before = await page.getByTestId("clock").textContent();
  await page.keyboard.press("Home");
  await expect(page.getByTestId("clock")).not.toHaveText(before!);
});

test("stepping goes to the next happening", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  const before = await page.getByTestId("clock").textContent();
  await page.getByTestId("next").click();
  await expect(page.getByTestId("clock")).not.toHaveText(before!);
});

test("zooming in to a millisecond and out again", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  const shown = page.getByTestId("shown");
  const whole = await shown.textContent();
  await page.getByTestId("closest").click();
  await expect(shown).not.toHaveText(whole!);
  await page.getByTestId("whole").click();
  await expect(shown).toHaveText(whole!);
});

test("dragging a fault runs both lanes again, and one undo takes it back", async ({ page }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  const mark = page.getByTestId("fault-mark-0");
  const box = (await mark.boundingBox())!;
  await page.mouse.move(box.x + 5, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 125, box.y + box.height / 2, { steps: 8 });
  await page.mouse.up();
  await expect.poll(() => page.url()).toContain("f=");
  const after = await finished(page, before);
  expect(after).not.toEqual(before);
  await page.getByTestId("undo").click();
  expect(await finished(page, after)).toEqual(before);
});

test("a fault can be added, changed and deleted", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("add-fault").click();
  await page.getByTestId("kind").selectOption({ label: "power loss" });
  await page.getByTestId("target").selectOption({ label: "all brokers" });
  await page.getByTestId("at").fill("30");
  await page.getByTestId("for").fill("5");
  await page.getByTestId("lanes").selectOption({ label: "Lane A only" });
  await page.getByTestId("save-fault").click();
  const faults = page.getByTestId("fault");
  await expect(faults).toHaveCount(2);
  await expect(faults.nth(1)).toContainText("power loss");
  await faults.nth(1).getByRole("button", { name: /^Edit/ }).click();
  await page.getByTestId("at").fill("soon");
  await page.getByTestId("save-fault").click();
  await expect(page.getByTestId("dialog").getByRole("alert")).toBeVisible();
  await page.getByTestId("at").fill("31");
  await page.getByTestId("save-fault").click();
  await expect(faults.nth(1)).toContainText("31");
  await faults.nth(1).getByRole("button", { name: /^Delete/ }).click();
  await expect(faults).toHaveCount(1);
});

test("another acks in one lane changes that lane alone", async ({ page }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.getByTestId("acks-b").selectOption("all");
  await expect(page.getByTestId("lane-b")).toContainText("acks=all");
  const after = await finished(page, before, ["b"]);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

test("a changed value is marked against the preset, and goes back", async ({ page }) => {
  await page.goto(LIGHT);
  await page.getByTestId("filter-all").click();
  await page.getByTestId("search").fill("linger");
  const row = page.locator('[data-setting="linger.ms"]');
  await row.getByTestId("linger.ms-a").fill("20");
  await row.getByTestId("linger.ms-a").press("Enter");
  await expect(row).toContainText("changed");
  await row.getByRole("button", { name: /preset's value/ }).click();
  await expect(row).not.toContainText("changed");
  await expect(row.getByTestId("linger.ms-a")).toHaveValue("5");
});

test("each lane can be of a release of its own, with that release's defaults", async ({ page }) => {
  await page.goto(LIGHT);
  await page.getByTestId("profile-a").selectOption("TDG-2.4");
  await expect(page.getByTestId("badge")).toHaveText(/Kafka TDG-2\.4 \/ 4\.3 · engine/);
  await page.getByTestId("filter-all").click();
  await page.getByTestId("search").fill("replica.lag.time.max.ms");
  await expect(page.getByTestId("replica.lag.time.max.ms-a")).toHaveValue("10000");
  await expect(page.getByTestId("replica.lag.time.max.ms-b")).toHaveValue("30000");
  await expect(page.locator('[data-setting="replica.lag.time.max.ms"]')).not.toContainText("changed");
  await expect.poll(() => page.url()).toContain("a.profile=TDG-2.4");
  await page.reload();
  await expect(page.getByTestId("profile-a")).toHaveValue("TDG-2.4");
});

test("the settings of one lane can be copied to the other", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("copy-a").click();
  const [a, b] = await finished(page);
  await expect.poll(async () => (await finished(page))[1]).toBe(a);
  expect(b).toBeTruthy();
});

test("impossible values are all listed, with field, value and bound, and the last good run stays", async ({ page }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.getByTestId("filter-all").click();
  const set = async (name: string, value: string) => {
    await page.getByTestId(`${name}-a`).fill(value);
    await page.getByTestId(`${name}-a`).press("Enter");
  };
  await set("replication.factor", "5");
  await set("batch.size", "lots");
  await set("linger.ms", "9999999");
  const troubles = page.getByTestId("lane-a").getByTestId("troubles");
  await expect(troubles).toContainText("replication.factor = 5 needs 5 brokers; cluster.brokers is 3");
  await expect(troubles).toContainText("batch.size: “lots” is not a number");
  await expect(troubles).toContainText(/linger\.ms: 9.999.999 is out of range\. It takes 0 – 600.000/);
  expect(await finished(page)).toEqual(before);
  await page.getByTestId("language").click();
  await expect(troubles).toContainText("브로커가 5대 필요합니다");
});

test("every situation loads with one click, and undo brings back what was there", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("situations").click();
  const cards = page.locator("[data-situation]");
  expect(await cards.count()).toBeGreaterThan(10);
  await page.locator('[data-situation="TwoBrokersDown"]').click();
  await expect(page.getByTestId("fault")).toHaveCount(2);
  await expect(page.getByTestId("dialog")).toBeHidden();
  await page.getByTestId("undo").click();
  await expect(page.getByTestId("fault")).toHaveCount(1);
});

test("every number of the ledger opens its list, and a record opens its story", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("count-a-acked").click();
  await page.getByTestId("story-of").first().click();
  await expect(page.getByTestId("steps")).toBeVisible();
});
