/** Serve the built site with the headers that it is said to be served with, its strictest policy among them. */

import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const SITE = fileURLToPath(new URL("../../docs/_build/html", import.meta.url));
const KINDS = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};
const CONTRIBUTING = readFileSync(new URL("../../CONTRIBUTING.md", import.meta.url), "utf8");
const [, RECIPE] = /```text\n(Content-Security-Policy: [^`]*)```/.exec(CONTRIBUTING);
/** What a server sends with every file. */
export const HEADERS = Object.fromEntries(
  RECIPE.trim()
    .split("\n")
    .map((line) => line.split(": ")),
);

/** Start serving on a free port of this machine. */
export async function serve(port = 0) {
  /** @type {{method: string, url: string}[]} what was asked for, from the start */
  const asked = [];
  const server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url });
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = join(SITE, normalize(path.endsWith("/") ? `${path}index.html` : path));
    if (!file.startsWith(SITE) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const kind = KINDS[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, {
      ...HEADERS,
      "Content-Type": kind,
      // What all pages share is asked for once in a window.
      "Cache-Control": kind.startsWith("text/html") ? "no-cache" : "max-age=3600",
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, asked, close: () => server.close() };
}
