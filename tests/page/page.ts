// Playwright's test, with what holds of the page in every test: no error, nothing that the content security policy had
// to stop, and no request to anywhere but the site's own folder.
import { expect, test as base } from "@playwright/test";

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
