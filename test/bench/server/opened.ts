import type { Row } from "../report.ts";
import type { Memory } from "./server.ts";
import { observed, Stage } from "./stage.ts";
import { Stores } from "./stores.ts";

/** Of documents that were opened, edited a little and left: what the server still holds of so many of them. */
export async function measureOpened(quick: boolean): Promise<readonly Row[]> {
  const total = quick ? 200 : 10_000;
  const first = total / 10;
  const places = new Stores();
  try {
    const stage = await Stage.open(await places.make("LevelStore"));
    try {
      const documents = Array.from({ length: total }, (_, index) => `document-${index}`);
      const visit = (from: number, to: number) =>
        stage.driver.call("visit", { port: stage.port, documents: documents.slice(from, to) });
      const { value, foreignCores } = await observed(
        () => stage.cpuSeconds(),
        async () => {
          await visit(0, first);
          const few = await stage.server.call("memory");
          await visit(first, total);
          return { few, many: await stage.server.call("memory") };
        },
      );
      return rowsOf(value, { first, total, foreignCores: [foreignCores] });
    } finally {
      await stage.close();
    }
  } finally {
    await places.remove();
  }
}

interface Visited {
  readonly first: number;
  readonly total: number;
  readonly foreignCores: readonly number[];
}

function rowsOf(
  { few, many }: { readonly few: Memory; readonly many: Memory },
  { first, total, foreignCores }: Visited,
): readonly Row[] {
  const row = (what: string, unit: string, figure: keyof Memory): Row => ({
    ...{ name: `${total} documents opened and left: ${what}`, unit, foreignCores },
    subject: { name: "server", values: [many[figure]] },
    floor: { name: `after ${first}`, values: [few[figure]] },
  });
  return [
    row("held", "documents", "documents"),
    row("heap", "MB", "heapMb"),
    row("heap and what V8 keeps for it", "MB", "committedMb"),
    row("buffers outside of the heap", "MB", "externalMb"),
    row("resident", "MB", "residentMb"),
  ];
}
