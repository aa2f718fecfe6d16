import fc from "fast-check";

/** The same cases on every run, unless SEED asks for others: a red run can be repeated, a green one is not luck. */
fc.configureGlobal({ seed: Number(process.env["SEED"] ?? 20261121) });
