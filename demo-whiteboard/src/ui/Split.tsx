import type { ReactNode } from "react";
import { guestPath } from "../page.ts";

const PEOPLE = ["Ada", "Grace"] as const;

/** Two live clients of one board in one window: what one does, the other shows. */
export function Split({ boardKey }: { readonly boardKey: string }): ReactNode {
  return (
    <div className="split">
      {PEOPLE.map((name) => (
        <iframe key={name} title={`${name}'s board`} src={guestPath(boardKey, name)} />
      ))}
    </div>
  );
}
