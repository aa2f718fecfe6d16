import { type FormEvent, type ReactNode, useId, useState } from "react";
import type { Editor } from "../editor.ts";
import { saveName } from "../identity.ts";
import { limits } from "../limits.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** A small card for the name that others see on the cursor. The board works behind it. */
export function NameCard({ editor, onClose }: { readonly editor: Editor; readonly onClose: () => void }): ReactNode {
  const user = useStore(editor.user);
  const field = useId();
  const [name, setName] = useState(user.name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const next = saveName(name);
    if (next) editor.rename(next);
    onClose();
  };
  return (
    <form className="panel name-card" aria-label="Your name" onSubmit={submit}>
      <label htmlFor={field}>Others see you as</label>
      <div className="name-row">
        <input
          id={field}
          value={name}
          maxLength={limits.nameMax}
          autoComplete="nickname"
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && onClose()}
        />
        <button type="submit" className="primary">
          Keep
        </button>
      </div>
      <button type="button" className="corner" aria-label="Close" onClick={onClose}>
        <Icon name="close" />
      </button>
    </form>
  );
}
