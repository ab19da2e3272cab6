/**
 * Who draws: the one place that knows which streams there are.
 *
 * A stream has the surface of TorchStream: made from a seed, it gives the uniforms or the mask of the next call.
 *
 * @module streams
 */

import { TorchStream } from "./torch_stream.js";

/** @typedef {"eager"} StreamName */

/** The class of each stream, and which of its uniforms keep an element. */
const STREAMS = {
  eager: { Stream: TorchStream, keeps: (/** @type {number} */ u, /** @type {number} */ p) => u < 1 - p },
};

/** The streams that a reader can choose, the usual one first. */
export const STREAM_CHOICES = /** @type {{value: StreamName, text: string, words: string}[]} */ ([
  { value: "eager", text: "eager", words: "Eager" },
]);

/**
 * Start the stream of a state behind the calls before the one that it looks at.
 * @param {{stream: StreamName, seed: bigint, call: number, p: number}} state
 * @param {number} count elements of a call
 */
export function streamAt({ stream, seed, call, p }, count) {
  const drawing = new STREAMS[stream].Stream(seed);
  for (let i = 1; i < call; i++) drawing.mask(count, p);
  return drawing;
}

/**
 * Whether a uniform keeps its element.
 * @param {StreamName} stream
 * @param {number} u
 * @param {number} p drop probability in [0, 1]
 */
export function keeps(stream, u, p) {
  return STREAMS[stream].keeps(u, p);
}
