/**
 * The inputs: values, p, seed, mode and scaling. Each reads back what is typed, or says what it needs.
 *
 * @module inputs_view
 */

import { button, html } from "./dom.js";
import { readP, readSeed } from "./lab_state.js";
import { InputError, pythonFloat, pythonTensor, readTensor } from "./tensor_text.js";

/** @typedef {import("./lab_state.js").LabState} LabState */
/** @typedef {(changes: Partial<LabState>) => void} Change */

// ms before an unfinished number is called wrong
const PATIENCE = 500;

/**
 * Radio buttons of one name.
 * @param {string} legend
 * @param {string} name
 * @param {[string, string][]} choices value and words
 * @param {(value: string) => void} chosen
 */
export function choice(legend, name, choices, chosen) {
  const labels = choices.map(([value, words]) => {
    const radio = html("input", { type: "radio", name, value });
    radio.addEventListener("change", () => chosen(value));
    return html("label", {}, radio, words);
  });
  const fields = html("fieldset", { class: "lab-choice" }, html("legend", {}, legend), ...labels);
  /** @param {string} value */
  const show = (value) => {
    for (const label of labels) {
      const radio = /** @type {HTMLInputElement} */ (label.firstChild);
      radio.checked = radio.value === value;
    }
  };
  return { fields, show };
}

/**
 * Read a field as it is typed, and explain what is wrong once its writer pauses.
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 * @param {HTMLElement} problem where to explain
 * @param {(text: string) => void} read throws InputError
 */
function readAsTyped(input, problem, read) {
  let waiting = 0;
  const attempt = (/** @type {number} */ patience) => {
    clearTimeout(waiting);
    let message = "";
    try {
      read(input.value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      message = `${error.message}.`;
    }
    const tell = () => {
      input.setAttribute("aria-invalid", String(message !== ""));
      if (problem.textContent !== message) problem.textContent = message;
    };
    if (message && patience) waiting = setTimeout(tell, patience);
    else tell();
  };
  input.addEventListener("input", () => attempt(PATIENCE));
  input.addEventListener("change", () => attempt(0));
}

/** @param {LabState} state @returns {string} x as a person would write it */
function writtenValues(state) {
  const plain = state.shape.length === 1 && state.dtype === "float32" && state.numbers.length <= 8;
  return plain
    ? Array.from(state.numbers, (number) => pythonFloat(number).replace(/\.0$/, "")).join(", ")
    : pythonTensor(state);
}

/**
 * @param {HTMLElement} parent
 * @param {Change} change
 */
export function createInputs(parent, change) {
  const values = html("textarea", {
    id: "lab-values",
    rows: 2,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-describedby": "lab-values-help lab-values-problem",
  });
  const note = html("p", { class: "lab-note" });
  const p = html("input", {
    id: "lab-p",
    type: "number",
    min: 0,
    max: 1,
    step: 0.05,
    autocomplete: "off",
    "aria-describedby": "lab-p-problem",
  });
  const slide = html("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.01,
    "aria-label": "p, from keeping all to dropping all",
  });
  const seed = html("input", {
    id: "lab-seed",
    type: "text",
    inputmode: "numeric",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "lab-seed-problem",
  });
  const [valuesProblem, pProblem, seedProblem] = ["values", "p", "seed"].map((name) =>
    html("p", { id: `lab-${name}-problem`, class: "lab-problem", role: "alert" }),
  );

  readAsTyped(values, valuesProblem, (text) => {
    const { note: taken, ...read } = readTensor(text);
    note.textContent = taken;
    change(read);
  });
  readAsTyped(p, pProblem, (text) => {
    change({ p: readP(text) });
    follow(text);
  });
  readAsTyped(seed, seedProblem, (text) => change({ seed: readSeed(text) }));
  slide.addEventListener("input", () => slideTo(slide.value));
  /** @param {string} text */
  function slideTo(text) {
    p.value = text;
    p.dispatchEvent(new Event("input"));
  }
  /** @param {string} text */
  function follow(text) {
    slide.value = again.value = text;
    shownP.textContent = text;
  }

  const mode = choice(
    "Mode",
    "lab-mode",
    [
      ["train", "Training"],
      ["eval", "Evaluation"],
    ],
    (value) => change({ training: value === "train" }),
  );
  const scaling = choice(
    "Scaling",
    "lab-scaling",
    [
      ["inverted", "Inverted: ÷ (1 − p) in training, as torch"],
      ["vanilla", "Vanilla: × (1 − p) in evaluation"],
      ["none", "None"],
    ],
    (value) => change({ scaling: /** @type {LabState["scaling"]} */ (value) }),
  );
  /** @param {string} text */
  const fill = (text) => {
    values.value = text;
    values.dispatchEvent(new Event("change"));
  };
  const examples = html(
    "div",
    { class: "lab-buttons" },
    button("Four numbers", () => fill("1, 2, 3, 4")),
    button("A 2-d tensor", () => fill("tensor([[ 0.3, -1.2, 0.8],\n        [ 2.5,  0.0, -0.4]])")),
    button("A thousand ones", () => fill("torch.ones(1000)")),
  );
  const another = button("Another", () => {
    seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    seed.dispatchEvent(new Event("change"));
  });
  const form = html(
    "form",
    { class: "lab-inputs", novalidate: true },
    html(
      "div",
      { class: "lab-field wide" },
      html("label", { for: "lab-values" }, "Values"),
      values,
      html(
        "p",
        { id: "lab-values-help", class: "lab-help" },
        "Type numbers, or paste tensor([...]), nested lists or CSV; up to 1000 elements.",
      ),
      valuesProblem,
      note,
      examples,
    ),
    html(
      "div",
      { class: "lab-field lab-p" },
      html("label", { for: "lab-p" }, "Drop probability p"),
      html("div", { class: "lab-tied" }, p, slide),
      pProblem,
    ),
    html(
      "div",
      { class: "lab-field" },
      html("label", { for: "lab-seed" }, "Seed"),
      html("div", { class: "lab-tied" }, seed, another),
      seedProblem,
    ),
    mode.fields,
    scaling.fields,
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  // A second handle for p, while the first is out of sight.
  const again = html("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": "p, for what is in sight" });
  const shownP = html("output");
  const bar = html("div", { class: "lab-bar", hidden: true }, "p", again, shownP);
  again.addEventListener("input", () => slideTo(again.value));
  new IntersectionObserver(([seen]) => (bar.hidden = seen.isIntersecting || seen.boundingClientRect.top > 0)).observe(
    p,
  );
  parent.append(form, bar);

  /** @param {HTMLInputElement | HTMLTextAreaElement} input @param {string} text @param {HTMLElement} problem */
  const put = (input, text, problem) => {
    input.value = text;
    input.removeAttribute("aria-invalid");
    problem.textContent = "";
  };
  /** Write a whole state into the fields, as after a link. @param {LabState} state */
  const show = (state) => {
    put(values, writtenValues(state), valuesProblem);
    values.rows = Math.min(6, values.value.split("\n").length + 1);
    note.textContent = "";
    put(p, String(state.p), pProblem);
    follow(String(state.p));
    put(seed, String(state.seed), seedProblem);
    mode.show(state.training ? "train" : "eval");
    scaling.show(state.scaling);
  };
  return { show };
}
