// Links, files, and what the page does with damaged ones.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { LIGHT, expect, finished, headline, test } from "./page";

test("a shared link opens in a fresh profile with the same fingerprints", async ({ page, browser, baseURL }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.getByTestId("acks-b").selectOption("all");
  const here = await finished(page, before, ["b"]);
  await page.getByTestId("share").click();
  const link = await page.getByTestId("share-link").inputValue();
  const fragment = link.slice(link.indexOf("#"));
  expect(fragment).toMatch(/^#v1&.*b\.acks=all.*sum=/);
  const context = await browser.newContext({ baseURL });
  const there = await context.newPage();
  await there.goto("./" + fragment);
  expect(await finished(there)).toEqual(here);
  await expect(there.getByTestId("notices")).toBeEmpty();
  await context.close();
});

test("the text to paste tells the outcome of both lanes, and holds the link", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("share").click();
  const text = await page.getByTestId("share-text").inputValue();
  for (const lane of ["a", "b"]) {
    const sentence = await headline(page, lane).locator("p").first().textContent();
    expect(text).toContain(sentence!);
  }
  expect(text).toContain(await page.getByTestId("share-link").inputValue());
});

test("without a clipboard the text is selected instead", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.goto(LIGHT);
  await page.getByTestId("share").click();
  await page.getByTestId("dialog").getByRole("button", { name: "Copy" }).first().click();
  await expect(page.getByTestId("dialog")).toContainText("the text is selected");
  const area = page.getByTestId("share-link");
  const selected = await area.evaluate((element: HTMLTextAreaElement) => element.selectionEnd - element.selectionStart);
  expect(selected).toBe((await area.inputValue()).length);
});

test("a reload keeps the comparison", async ({ page }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  await page.getByTestId("acks-b").selectOption("all");
  const changed = await finished(page, before, ["b"]);
  await page.reload();
  expect(await finished(page)).toEqual(changed);
  await expect(page.getByTestId("lane-b")).toContainText("acks=all");
});

test("figures that differ from those a link was shared with are named", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("share").click();
  const link = new URL(await page.getByTestId("share-link").inputValue());
  expect(link.hash).toContain("engine=");
  // An engine of long ago found another number of lost records in B.
  const old = link.hash.replace(/&sum=.*/, "").replace(/engine=\d+/, "engine=0").replace(/b\.was=\d+/, "b.was=1");
  await page.goto("about:blank");
  await page.goto("./" + old);
  await finished(page);
  await expect(page.getByTestId("notices")).toContainText("Lane B was shared with other figures (engine 0: 1 acknowledged");
});

for (const [what, fragment, says] of [
  ["truncated", "#v1&b.acks=al", "“al” is not one of 0, 1, all"],
  ["changed", "#v1&seed=8&sum=00000000", "checksum"],
  ["foreign", "#access_token=abc", "does not begin as Highwater's"],
  ["future", "#v99&x=1", "newer Highwater"],
  ["huge", "#v1&" + "x".repeat(100_000), "100"],
]) {
  test(`a ${what} link is named, and the page works`, async ({ page }) => {
    await page.goto("./" + fragment);
    await expect(page.getByTestId("notices")).toContainText(says);
    await finished(page);
    await page.getByTestId("notices").getByRole("button", { name: "Dismiss" }).click();
    await expect(page.getByTestId("notices")).toBeEmpty();
  });
}

test("a saved comparison opens again, chosen or dropped", async ({ page }) => {
  await page.goto(LIGHT);
  await finished(page);
  await page.getByTestId("seed").fill("11");
  await page.getByTestId("seed").press("Enter");
  await page.getByTestId("files").click();
  const saving = page.waitForEvent("download");
  await page.getByTestId("save-comparison").click();
  const path = await (await saving).path();
  const text = await readFile(path, "utf8");
  expect(text).toContain("seed = 11");
  await page.getByTestId("close").click();
  await page.getByTestId("undo").click();
  await expect(page.getByTestId("seed")).not.toHaveValue("11");
  await page.getByTestId("files").click();
  await page.getByTestId("open-file").setInputFiles(path);
  await expect(page.getByTestId("seed")).toHaveValue("11");
  await page.getByTestId("undo").click();
  await drop(page, "again.toml", text);
  await expect(page.getByTestId("seed")).toHaveValue("11");
});

test("a damaged file is named line by line, and changes nothing that it does not say", async ({ page }) => {
  await page.goto(LIGHT);
  const before = await finished(page);
  await drop(page, "picture.png", "\u0000\u0001PNG");
  await expect(page.getByTestId("notices")).toContainText("picture.png is not a text file");
  await drop(page, "notes.txt", "hello");
  await expect(page.getByTestId("notices")).toContainText("notes.txt");
  expect(await finished(page)).toEqual(before);
  await drop(page, "odd.toml", "highwater = 1\nnonsense = 3\n");
  await expect(page.getByTestId("notices")).toContainText("line 2");
});

/** Drops a file on the page as a reader would. */
async function drop(page: Page, name: string, text: string) {
  const data = await page.evaluateHandle(([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    return data;
  }, [name, text] as const);
  await page.getByTestId("lane-a").dispatchEvent("dragover", { dataTransfer: data });
  await page.getByTestId("lane-a").dispatchEvent("drop", { dataTransfer: data });
}
