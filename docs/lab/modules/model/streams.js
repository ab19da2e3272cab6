/**
 * Who draws: the one place that knows which streams there are, and how they differ.
 *
 * @module streams
 */

import { CompiledStream, compiledScale, threshold } from "./compiled_stream.js";
import { factors } from "./dropout_model.js";
import { TorchStream } from "./torch_stream.js";

/** @typedef {import("./dropout_model.js").Call} Call */
/** @typedef {import("./dropout_model.js").Dtype} Dtype */
/** @typedef {"eager" | "compiled"} StreamName */
/** What of a state decides what is drawn. @typedef {{stream: StreamName, seed: bigint, p: number, dtype: Dtype}} Drawing */

/** The streams that a reader can choose, the usual one first. */
export const STREAM_CHOICES = /** @type {import("./fields.js").Choice<StreamName>[]} */ ([
  { value: "eager", text: "eager", words: "Eager", help: "what torch draws on a CPU" },
  { value: "compiled", text: "compiled", words: "Compiled", help: "what torch.compile draws" },
]);

/**
 * Start the stream of a state behind some calls.
 * @param {Drawing} state
 * @param {number} count elements of a call
 * @param {number} [calls] that come before
 */
export function streamOf({ stream, seed, p, dtype }, count, calls = 0) {
  const drawing = stream === "eager" ? new TorchStream(seed) : new CompiledStream(seed);
  const draw = () => (drawing instanceof CompiledStream ? drawing.mask(count, p, dtype) : drawing.mask(count, p));
  for (let i = 0; i < calls; i++) draw();
  return { mask: draw, uniforms: () => Float64Array.from(drawing.uniforms(count)) };
}

/**
 * The mask that uniforms make. Eager calls keep what lies below 1 - p, compiled ones what lies above p.
 * @param {Drawing} state
 * @param {Float64Array} uniforms
 */
export function maskOf({ stream, p, dtype }, uniforms) {
  if (p === 0 || p === 1) return new Uint8Array(uniforms.length).fill(1 - p);
  const limit = stream === "eager" ? 1 - p : threshold(p, dtype);
  return Uint8Array.from(uniforms, (u) => Number(stream === "eager" ? u < limit : u > limit));
}

/** How high a uniform stands where what lies under 1 - p is kept. @param {StreamName} stream @param {number} u */
export const heightOf = (stream, u) => (stream === "eager" ? u : 1 - u);

/**
 * By what a call multiplies what it keeps and what it drops; a compiled kernel rounds its scale once.
 * @param {Call & Drawing} state
 */
export function factorsOf(state) {
  const made = factors(state, state.dtype);
  const rounds = state.stream === "compiled" && state.training && state.scaling === "inverted";
  return rounds ? { ...made, kept: compiledScale(state.p, state.dtype) } : made;
}
