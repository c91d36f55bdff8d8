// Measures the page in Chromium for `cargo xtask bench`: `node measure.mjs URL` prints a line of JSON, from a budget's
// key to a number in its unit. The page says what it does through the User Timing API, and this script listens:
//   mark    highwater:first-picture                  the first picture is finished
//   measure highwater:first_figures, highwater:both_presets, highwater:seek
//   measure highwater:run, detail {events}           one run in a worker, for the cost of an event in WASM
// What the page does not mark is not measured.
import { chromium } from "@playwright/test";
import { launchOptions } from "./chromium.mjs";

const url = process.argv[2];
const VISITS = 5;
const SEEKS = 30;
const figures = {};

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const quantile = (numbers, q) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * q)];

const browser = await chromium.launch(launchOptions);
const colds = [];
for (let visit = 0; visit < VISITS; visit++) {
  const context = await newContext();
  const page = await context.newPage();
  await page.goto(url);
  const finished = await firstPicture(page);
  if (finished !== null) colds.push(finished);
  await context.close();
}
if (colds.length === VISITS) figures.cold_load = middle(colds);

const context = await newContext();
const page = await context.newPage();
await page.goto(url);
await firstPicture(page);
await runsDone(page);
figures.memory = (await memoryOf(page)) / 1e6;
await seekAllOver(page);
readMeasures(await page.evaluate(listMeasures));
const frames = await drawFrames(page);
if (frames.length > 0) figures.frame_p95 = quantile(frames, 0.95);
await browser.close();
console.log(JSON.stringify(figures));

function newContext() {
  return browser.newContext({ viewport: { width: 1280, height: 800 } });
}

/** Milliseconds from the navigation to the page's mark; null from a page that makes none within 10 s. */
async function firstPicture(page) {
  const mark = () => performance.getEntriesByName("highwater:first-picture")[0]?.startTime;
  const found = await page.waitForFunction(mark, undefined, { timeout: 10_000 }).catch(() => null);
  return found === null ? null : found.jsonValue();
}

/** Waits for both lanes; a page that never gets there has no measures to read. */
async function runsDone(page) {
  const isDone = () => performance.getEntriesByName("highwater:both_presets").length > 0;
  await page.waitForFunction(isDone, undefined, { timeout: 120_000 }).catch(() => undefined);
}

/** Clicks on moments all over the run, by the golden ratio, each when the one before is drawn. */
async function seekAllOver(page) {
  const timeline = page.getByTestId("timeline-canvas");
  if ((await timeline.count()) === 0) return;
  await timeline.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await timeline.boundingBox();
  for (let n = 1; n <= SEEKS; n++) {
    await page.mouse.click(x + width * (0.15 + 0.8 * ((n * 0.618) % 1)), y + height * 0.6);
    await page.waitForTimeout(100);
  }
}

function listMeasures() {
  const entries = performance.getEntriesByType("measure").filter(({ name }) => name.startsWith("highwater:"));
  return entries.map(({ name, duration, detail }) => ({ name: name.slice("highwater:".length), duration, detail }));
}

function readMeasures(measures) {
  const runs = measures.filter(({ name }) => name === "run");
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  if (runs.length > 0) {
    figures.event_wasm = (sum(runs.map((run) => run.duration)) * 1e6) / sum(runs.map((run) => run.detail.events));
  }
  const durations = (key) => measures.filter(({ name }) => name === key).map(({ duration }) => duration);
  // Of two lanes, and of many seeks, the slowest counts.
  for (const key of ["first_figures", "both_presets", "seek"]) {
    if (durations(key).length > 0) figures[key] = Math.max(...durations(key));
  }
}

/** Bytes of JS heaps, array buffers and WASM memories, in the page and in all its workers. */
async function memoryOf(page) {
  const own = await page.context().newCDPSession(page);
  const whole = await browser.newBrowserCDPSession();
  const { targetInfos } = await whole.send("Target.getTargets");
  let bytes = await bytesIn((method, parameters) => own.send(method, parameters));
  for (const { targetId } of targetInfos.filter(({ type }) => type === "worker")) {
    bytes += await bytesIn(await speakTo(whole, targetId));
  }
  return bytes;
}

async function bytesIn(send) {
  const { usedSize, backingStorageSize } = await send("Runtime.getHeapUsage");
  const { result: prototype } = await send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await send("Runtime.queryObjects", { prototypeObjectId: prototype.objectId });
  const { result: memories } = await send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }",
    returnByValue: true,
  });
  return usedSize + backingStorageSize + memories.value;
}

/** Sends commands to a worker: Playwright has no session for it, so they travel inside the browser's. */
async function speakTo(whole, targetId) {
  const { sessionId } = await whole.send("Target.attachToTarget", { targetId, flatten: false });
  const waiting = new Map();
  whole.on("Target.receivedMessageFromTarget", (event) => {
    const { id, result } = JSON.parse(event.message);
    if (event.sessionId === sessionId) waiting.get(id)?.(result);
  });
  let id = 0;
  return (method, params) =>
    new Promise((answer) => {
      waiting.set(++id, answer);
      whole.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    });
}

/** Main-thread milliseconds of each frame while the timeline is panned and zoomed; none without a timeline. */
async function drawFrames(page) {
  const timeline = page.getByTestId("timeline-canvas");
  if ((await timeline.count()) === 0) return [];
  await timeline.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await timeline.boundingBox();
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  for (let round = 0; round < 4; round++) {
    await page.mouse.move(x + width / 2, y + height / 2);
    await holding(page, "Control", async () => {
      for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, round % 2 === 0 ? -100 : 100);
    });
    await holding(page, "Shift", async () => {
      await page.mouse.down();
      for (let at = 0; at < 40; at++) await page.mouse.move(x + width / 2 + 4 * at, y + height / 2);
      await page.mouse.up();
    });
  }
  return framesOf(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
}

async function holding(page, key, deed) {
  await page.keyboard.down(key);
  await deed();
  await page.keyboard.up(key);
}

/** Sums the tasks of the page's main thread between one animation frame and the next. */
function framesOf(events) {
  const isFrame = ({ name }) => name === "FireAnimationFrame";
  const thread = events.find(isFrame);
  if (thread === undefined) return [];
  const onThread = events.filter(({ pid, tid }) => pid === thread.pid && tid === thread.tid);
  const tasks = onThread.filter(({ name, ph }) => ph === "X" && name.endsWith("RunTask"));
  const starts = onThread.filter(isFrame).map(({ ts }) => ts).toSorted((a, b) => a - b);
  return starts.map((start, index) => {
    // The task that fires the frame began before it.
    const end = starts[index + 1] ?? Infinity;
    const own = tasks.filter(({ ts, dur }) => start < ts + dur && ts + dur <= end);
    return own.reduce((sum, { dur }) => sum + dur / 1e3, 0);
  });
}
