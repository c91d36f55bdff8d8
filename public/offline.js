// The service worker: keeps the files of the last build that was seen whole, for visits without a network. With one,
// the page is as fresh as the host's: this worker never stands between a reader and a newer build.
importScripts("./build.js"); // const BUILD = { version, files }, written by web/list_build.mjs after each build.

// Several folders of one host may each hold a copy of the site, and share the host's caches.
const PREFIX = `highwater ${registration.scope} `;
const CACHE = PREFIX + BUILD.version;

// How long a network that says nothing may keep a reader waiting who has the file already.
const PATIENCE_MS = 3_000;

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(forgetOlderBuilds()));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(registration.scope)) event.respondWith(answer(event.request));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  // All or nothing: one file that fails, and the build before stays.
  await cache.addAll(BUILD.files.map((file) => new Request(file, { cache: freshness(file) })));
  await skipWaiting();
}

async function forgetOlderBuilds() {
  const older = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await clients.claim();
}

async function answer(request) {
  const kept = await keptCopy(request);
  if (kept === undefined) return fetch(request);
  if (isHashed(request.url)) return kept;
  const live = fetch(request, { cache: "no-cache" }).then((response) => (response.ok ? response : kept));
  return Promise.race([live.catch(() => kept), afterAWhile(kept)]);
}

async function keptCopy(request) {
  const cache = await caches.open(CACHE);
  const { origin, pathname } = new URL(request.url);
  const file = origin + pathname === registration.scope ? "index.html" : origin + pathname;
  return cache.match(file);
}

function afterAWhile(kept) {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
}

/** A file whose name carries a hash of its content is the same for ever. */
function isHashed(file) {
  return /-[0-9a-f]{12,16}[._]/.test(file); // Leading zeros are not written.
}

function freshness(file) {
  return isHashed(file) ? "default" : "no-cache";
}
