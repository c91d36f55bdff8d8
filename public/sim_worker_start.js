// Starts a worker's WASM. Trunk has a loader of its own, but hands the address over in a way that wasm-bindgen warns of.
importScripts("./sim_worker.js");
wasm_bindgen({ module_or_path: "./sim_worker_bg.wasm" });
