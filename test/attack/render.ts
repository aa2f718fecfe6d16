import type { AttackRow } from "./row.ts";

/** For docs/reliability.md: each row with the files of its tests, as links from docs. */
export function render(rows: readonly AttackRow[]): string {
  const lines = rows.map(({ id, attempt, outcome, proofs }) => {
    const files = [...new Set(proofs.map(({ file }) => file))];
    const links = files.map(
      (file) =>
        `[${file
          .split("/")
          .at(-1)
          ?.replace(/\.test\.ts$/, "")}](../${file})`,
    );
    return `| ${id} | ${attempt} | ${outcome} | ${links.join(", ")} |`;
  });
  return ["| | attempt | what happens | tests |", "|---|---|---|---|", ...lines].join("\n");
}
