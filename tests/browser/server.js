/** Serve the built site as a static host does, gzipped, with the headers that it is said to be served with. */

import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

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
/** What a server sends with every page. */
export const HEADERS = Object.fromEntries(
  RECIPE.trim()
    .split("\n")
    .map((line) => line.split(": ")),
);
const packed = new Map();

/** A file as it goes over the wire; what is text is packed, once. */
function contents(file, kind) {
  if (!/text|svg/.test(kind)) return { body: readFileSync(file), headers: {} };
  if (!packed.has(file)) packed.set(file, gzipSync(readFileSync(file)));
  return { body: packed.get(file), headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding" } };
}

/** Start serving on a free port of this machine. */
export async function serve(port = 0) {
  /** @type {{method: string, url: string, bytes: number}[]} what was asked for, from the start, and sent, with headers */
  const asked = [];
  const server = createServer((request, response) => {
    const { method, url, socket } = request;
    const one = { method, url, bytes: 0 };
    const before = socket.bytesWritten;
    asked.push(one);
    // Browsers wait for an answer before they ask again on the same connection.
    response.on("close", () => (one.bytes = socket.bytesWritten - before));
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = join(SITE, normalize(path.endsWith("/") ? `${path}index.html` : path));
    if (!file.startsWith(SITE) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const kind = KINDS[extname(file)] ?? "application/octet-stream";
    const { body, headers } = contents(file, kind);
    const isPage = kind.startsWith("text/html");
    response.writeHead(200, {
      ...(isPage ? HEADERS : { "X-Content-Type-Options": "nosniff" }),
      ...headers,
      "Content-Type": kind,
      "Content-Length": body.length,
      // What all pages share is asked for once in a window.
      "Cache-Control": isPage ? "no-cache" : "max-age=3600",
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, asked, close: () => server.close() };
}
