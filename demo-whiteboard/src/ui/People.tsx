import { type ReactNode, useEffect, useRef, useState } from "react";
import { toggleFollow } from "../actions.ts";
import type { Editor } from "../editor.ts";
import { initials } from "../identity.ts";
import type { Person } from "../presence/presence.ts";
import { NameCard } from "./NameCard.tsx";
import { useStore } from "./useStore.ts";

const SHOWN_MAX = 5;

/**
 * Who is here. The own avatar opens the name card, which also greets a first visitor;
 * it never blocks the board. Another one is followed.
 */
export function People({ editor, greets }: { readonly editor: Editor; readonly greets: boolean }): ReactNode {
  const people = useStore(editor.presence.people);
  const leader = useStore(editor.follow.leader);
  const [naming, setNaming] = useState(greets);
  useNews(editor, people);
  const shown = people.slice(0, SHOWN_MAX);
  const more = people.length - shown.length;
  return (
    <div className="people">
      <ul className="avatars" aria-label="People on this board">
        {shown.map((person) => (
          <li key={person.clientId}>
            {person.me ? (
              <button
                type="button"
                className="avatar me"
                data-color={person.color}
                title={`${person.name} (you) — change your name`}
                aria-label={`${person.name} (you). Change your name`}
                aria-expanded={naming}
                onClick={() => setNaming(!naming)}
              >
                {initials(person.name)}
              </button>
            ) : (
              <button
                type="button"
                className="avatar"
                data-color={person.color}
                title={`${person.name} — follow`}
                aria-label={`Follow ${person.name}`}
                aria-pressed={person.clientId === leader}
                onClick={() => toggleFollow(editor, person.clientId)}
              >
                {initials(person.name)}
              </button>
            )}
          </li>
        ))}
        {more > 0 && <li className="avatar more">+{more}</li>}
      </ul>
      {naming && <NameCard editor={editor} onClose={() => setNaming(false)} />}
    </div>
  );
}

/** Says who came and who left. */
function useNews(editor: Editor, people: readonly Person[]): void {
  const before = useRef<ReadonlyMap<number, string> | null>(null);
  useEffect(() => {
    const now = new Map(people.filter((person) => !person.me).map((person) => [person.clientId, person.name]));
    const known = before.current;
    before.current = now;
    if (!known) return;
    for (const [id, name] of now) if (!known.has(id)) editor.tell(`${name} joined`);
    for (const [id, name] of known) if (!now.has(id)) editor.tell(`${name} left`);
  }, [editor, people]);
}
