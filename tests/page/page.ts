// Playwright's test, with what holds of the page in every test: no error, nothing that the content security policy had
// to stop, and no request to anywhere but the site's own folder.
import { expect, test as base, type Locator, type Page } from "@playwright/test";

export { expect };

export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ context, baseURL }, use) => {
      const complaints: string[] = [];
      context.on("weberror", (error) => complaints.push(`uncaught: ${error.error()}`));
      context.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      context.on("request", (request) => {
        const url = request.url();
        const isOwn = url.startsWith(baseURL!) || url.startsWith("data:") || url.startsWith("blob:");
        if (!isOwn) complaints.push(`asked for ${url}`);
      });
      await use(complaints);
      expect(complaints, "what the page should not have done").toEqual([]);
    },
    { auto: true },
  ],
});

/** The first visit with a lane B that a busy machine runs in a moment. */
export const LIGHT = "./#v1&b.workload.records.per.second=20000&sum=a3b1fd";

/** The sentence of a lane's outcome. */
export function headline(page: Page, lane: string): Locator {
  return page.getByTestId(`lane-${lane}`).getByTestId("headline");
}

/**
 * The fingerprints of A and B once both lanes are done; with `before`, once those lanes have another fingerprint.
 */
export async function finished(page: Page, before?: string[], lanes = ["a", "b"]): Promise<string[]> {
  const read = async (lane: string) => {
    const shown = headline(page, lane);
    const isFinal = (await shown.getAttribute("data-final")) === "true";
    const isRunning = (await page.getByTestId(`lane-${lane}`).locator(".progress.running").count()) > 0;
    return isFinal && !isRunning ? ((await shown.getAttribute("data-fingerprint")) ?? "") : "";
  };
  const both = async () => [await read("a"), await read("b")];
  const isThere = async () => {
    const now = await both();
    const isOther = (lane: string) => now["ab".indexOf(lane)] !== before!["ab".indexOf(lane)];
    return now.every((fingerprint) => fingerprint !== "") && (before === undefined || lanes.every(isOther));
  };
  await expect.poll(isThere, { timeout: 45_000 }).toBe(true);
  return both();
}
