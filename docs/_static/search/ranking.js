/**
 * Which sections of the site answer a question, best first: MiniSearch, with what it cannot know of this site.
 *
 * A classic script, so that it also runs on pages opened as files; Node's tests run it as it is.
 */
(() => {
  "use strict";

  // Words that stand in nearly every question and say nothing of it; "dropout" is on every page.
  const EMPTY = new Set(
    (
      "a an and are as at be by can do does doing for from get gets getting give gives has have how i in is it its " +
      "my of on or our so than that the them then there these they this to use using want was what when where which " +
      "who why will with you your dropout pytorch torch nn module layer layers model error"
    ).split(" "),
  );

  // What people call a thing, and what the pages call it.
  const SYNONYMS = {
    keep_prob: "keep probability",
    keepprob: "keep probability",
    rate: "probability p",
    probability: "p",
    doubled: "divided scale survivors twos",
    double: "divided scale survivors twos",
    twice: "divided scale survivors",
    rescale: "scale divided",
    rescaled: "scale divided",
    scaling: "scale",
    scaled: "scale",
    multiplied: "scale",
    bigger: "scale divided",
    larger: "scale divided",
    eval: "evaluation",
    inference: "evaluation eval predict",
    predict: "evaluation eval",
    prediction: "evaluation eval",
    test: "evaluation",
    testing: "evaluation",
    train: "training",
    val: "validation loss",
    random: "different every",
    nondeterministic: "different random",
    stochastic: "random different",
    disable: "off evaluation",
    off: "disable evaluation",
    enable: "on training",
    seed: "manual_seed generator",
    reproducible: "seed same",
    deterministic: "seed evaluation",
    ddp: "rank ranks distributed",
    distributed: "rank ranks ddp",
    gpu: "cuda",
    jit: "trace traced export",
    onnx: "export exported",
    batchnorm: "batch norm",
    batchnorm1d: "batch norm",
    batchnorm2d: "batch norm",
    bn: "batch norm",
    mc: "monte carlo",
    bayesian: "monte carlo uncertainty",
    uncertainty: "monte carlo",
    variational: "locked recurrent",
    locked: "variational recurrent",
    rnn: "recurrent lstm",
    lstm: "recurrent",
    gru: "recurrent",
    transformer: "attention",
    mha: "attention multiheadattention",
    sdpa: "scaled_dot_product_attention attention",
    nan: "infinity",
    std: "standard deviation",
    variance: "spread deviation",
    norm: "length",
    gradients: "gradient",
    backward: "gradient",
    grad: "gradient",
    memory: "bytes saved",
    bf16: "bfloat16 half",
    fp16: "float16 half",
    half: "float16 bfloat16",
    spatial: "channel dropout2d",
    jax: "flax",
    tf: "tensorflow",
    tf1: "tensorflow keep_prob",
    lora: "fine-tuning",
    dpo: "preference reference",
    selu: "alpha",
    alphadropout: "alpha selu",
    inplace: "in-place",
    choose: "p choosing",
    best: "choose",
    purpose: "for overfitting",
    overfitting: "regularisation",
    regularization: "regularisation",
    initialization: "initialisation",
  };

  // Who asks wants to know what to do first, then why, then the proofs.
  const WEIGHTS = [
    [/^index\.html/, 1.25],
    [/^fix\/index/, 0.6],
    [/^fix\//, 1.35],
    [/^understand\//, 1.1],
    [/^reference\/glossary/, 0.8],
    [/^reference\/(bibliography|reading_list)/, 0.5],
    [/^reference\//, 0.85],
    [/^auto_examples\/\w+\/plot/, 0.85],
    [/^auto_examples\//, 0.4],
    [/^article/, 0.75],
    [/^(laws|contributing|lab\/how)/, 0.5],
  ];

  const weight = (address) => WEIGHTS.find(([pattern]) => pattern.test(address))?.[1] ?? 1;
  const split = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+(?:[-'.][\p{L}\p{N}_]+)*/gu) ?? [];
  // dropout2d and Dropout2d(...) are one word, model.eval() is two, a plural is its singular.
  const tokens = (text) => split(text).flatMap((word) => (/^[\d.-]+$/.test(word) ? [word] : word.split(/[.'-]/)));
  const singular = (word) => (word.length > 3 && /[^su]s$/.test(word) ? word.slice(0, -1) : word);

  /** Make the index of sections. */
  function indexed(sections) {
    const index = new globalThis.MiniSearch({
      fields: ["heading", "page", "text", "code"],
      storeFields: ["address", "page", "heading", "text"],
      tokenize: tokens,
      processTerm: singular,
    });
    index.addAll(sections.map((section, id) => ({ id, ...section })));
    return index;
  }

  /** The words of a question that say something of it; all of them if none does. */
  function telling(question) {
    const all = tokens(question);
    const kept = all.filter((word) => !EMPTY.has(word));
    return kept.length > 0 ? kept : all;
  }

  /** Sections that answer a question, best first. */
  function found(index, question) {
    const asked = telling(question);
    if (asked.length === 0) return [];
    const meant = asked.map((word) => SYNONYMS[word] ?? "").join(" ");
    const options = {
      combineWith: "OR",
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      boost: { heading: 4, page: 2, text: 1, code: 0.5 },
      weights: { fuzzy: 0.3, prefix: 0.5 },
      boostDocument: (_id, _term, stored) => weight(stored.address),
    };
    const queries = [{ queries: asked, ...options }];
    if (meant.trim()) queries.push({ queries: tokens(meant), ...options, boost: { heading: 1.2, page: 0.6, text: 0.3, code: 0.1 } });
    const exact = new Set(asked.map(singular));
    const results = index.search({ combineWith: "OR", queries });
    // How many of the words asked for a section has counts more than how often it has one of them.
    const covered = (result) => {
      const terms = new Set(result.queryTerms);
      return asked.filter((word) => terms.has(singular(word))).length / exact.size;
    };
    return results
      .map((result) => ({ ...result, score: result.score * (0.4 + covered(result)) }))
      .sort((a, b) => b.score - a.score);
  }

  globalThis.siteSearch = { indexed, found, telling };
})();
