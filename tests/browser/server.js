/** Serve the built site as a static host does: with the strictest policy that it claims to run under, and gzipped. */

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
const packed = new Map();

/** A file as it goes over the wire; what is text is packed, once. */
function contents(file, kind) {
  if (!/text|svg/.test(kind)) return { body: readFileSync(file), headers: {} };
  if (!packed.has(file)) packed.set(file, gzipSync(readFileSync(file)));
  return { body: packed.get(file), headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding" } };
}

/** Start serving on a free port of this machine; `answers` lists what was asked for, with its bytes and their headers. */
export async function serve(port = 0) {
  const answers = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const before = request.socket.bytesWritten;
    // Browsers wait for an answer before they ask again on the same connection.
    response.on("close", () => answers.push({ path, bytes: request.socket.bytesWritten - before }));
    const file = join(SITE, normalize(path.endsWith("/") ? `${path}index.html` : path));
    if (!file.startsWith(SITE) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const kind = KINDS[extname(file)] ?? "application/octet-stream";
    const { body, headers } = contents(file, kind);
    const all = { "Content-Type": kind, "Content-Security-Policy": "default-src 'self'", ...headers };
    response.writeHead(200, { ...all, "Content-Length": body.length }).end(body);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, answers, close: () => server.close() };
}
