import type { ReactNode } from "react";
import type { Editor } from "../editor.ts";
import { useStore } from "./useStore.ts";

/** A frame in the colour of the person who is followed, and the way out. */
export function Following({ editor }: { readonly editor: Editor }): ReactNode {
  const leader = useStore(editor.follow.leader);
  const person = useStore(editor.presence.people).find(({ clientId, me }) => !me && clientId === leader);
  if (!person) return null;
  return (
    <div className="following" data-color={person.color}>
      <button type="button" className="following-pill" onClick={() => editor.follow.stop()}>
        Following {person.name} <span>Stop</span>
      </button>
    </div>
  );
}
