// Trunk runs this after each build (Trunk.toml): writes build.js, the names of the site's files and a version drawn
// from their content, for the service worker (public/offline.js).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.TRUNK_STAGING_DIR;
// A browser fetches the worker's two scripts for itself, and asks the host whether they are new; icons are for the system
// that the page is installed on.
const own = ["build.js", "offline.js"];
const isFile = (entry) => entry.isFile() && !own.includes(entry.name) && !entry.name.endsWith(".png");
const files = readdirSync(folder, { withFileTypes: true }).filter(isFile).map(({ name }) => name).sort();

const hash = createHash("sha256");
for (const file of files) hash.update(file).update("\0").update(readFileSync(join(folder, file)));
const version = hash.digest("hex").slice(0, 16);
writeFileSync(join(folder, "build.js"), `const BUILD = ${JSON.stringify({ version, files })};\n`);
