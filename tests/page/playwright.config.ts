import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chromium.mjs";

// `cargo xtask test` serves dist/ itself and says where. By hand: `cargo xtask site`, then `npm test` here.
const served = process.env.HIGHWATER_URL;
const byHand = "http://127.0.0.1:8088/some/sub/path/";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: "test-results",
  reporter: "list",
  forbidOnly: true,
  // One at a time: a page with two lanes keeps two cores busy.
  workers: 1,
  timeout: 60_000,
  use: {
    baseURL: served ?? byHand,
    launchOptions,
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
  },
  webServer: served ? undefined : { command: "cargo xtask host", url: byHand, reuseExistingServer: true },
});
