// Starts the page's WASM. A file, because the content security policy forbids inline scripts; the names of the two
// files it loads carry hashes, so the script's own tag hands them over (pattern_script in Trunk.toml).
const { js, wasm } = document.querySelector("script[data-wasm]").dataset;
const resolve = (path) => new URL(path, document.baseURI);
const { default: init } = await import(resolve(js));
await init({ module_or_path: resolve(wasm) });

// Visits without a network, from the second on. Registered when the page has started, so that it delays nothing; where
// the browser refuses, the page only lacks that.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(resolve("./offline.js"), { updateViaCache: "none" }).catch(() => undefined);
}
