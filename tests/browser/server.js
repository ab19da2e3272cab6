/** Serve the built site as a static host does, gzipped, with the headers that it is said to be served with. */

import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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
// Bytes that go together where many are sent.
const PACKETS = 2920;
const packed = new Map();

/** A file as it goes over the wire; what is text is packed, once. */
function contents(file, kind) {
  if (!/text|svg/.test(kind)) return { body: readFileSync(file), headers: {} };
  if (!packed.has(file)) packed.set(file, gzipSync(readFileSync(file)));
  return { body: packed.get(file), headers: { "Content-Encoding": "gzip", Vary: "Accept-Encoding" } };
}

/**
 * How a slow network carries what is sent: an answer begins after the latency (ms), and all of them share so many bytes
 * per ms. Of a page, what is `from` one byte `to` the other comes in pieces of some bytes, every so many ms.
 *
 * @typedef {{latency: number, rate: number, pieces: {from: number, to: number, bytes: number, ms: number, wait: number}}} Network
 */

/** A line on which one piece follows the other. @param {Network} network */
function line({ latency, rate, pieces }) {
  let free = 0;
  const carry = async (response, piece) => {
    free = Math.max(free, performance.now()) + piece.length / rate;
    await pause(Math.max(0, free - performance.now()));
    response.write(piece);
  };
  return async (response, body, isPage) => {
    const size = (sent) => {
      if (!isPage || sent >= pieces.to) return PACKETS;
      return sent < pieces.from ? pieces.from : pieces.bytes;
    };
    await pause(latency);
    for (let sent = 0; sent < body.length && !response.destroyed; sent += size(sent)) {
      if (size(sent) === pieces.bytes) await pause(sent === pieces.from ? pieces.wait : pieces.ms);
      await carry(response, body.subarray(sent, sent + size(sent)));
    }
    response.end();
  };
}

/** Start serving, by default on a free port of this machine. @param {Network} [network] none: all is there at once */
export async function serve(port = 0, network = undefined) {
  const send = network ? line(network) : (response, body) => response.end(body);
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
    send(response, body, isPage);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, asked, close: () => server.close() };
}
