import { type KeyboardEvent, type ReactNode, useRef } from "react";
import type { Editor } from "../editor.ts";
import { TOOL_KEYS } from "../keyboard.ts";
import { TOOL_LABELS } from "../tools/labels.ts";
import { TOOL_NAMES, type ToolName } from "../tools/tool.ts";
import { Icon } from "./icons.tsx";
import { useStore } from "./useStore.ts";

/** Tools that only look: all that a reader has. */
const LOOKING: readonly ToolName[] = ["select", "hand"];

/** The tools. One tab stop; arrows move inside. */
export function Toolbar({ editor }: { readonly editor: Editor }): ReactNode {
  const picked = useStore(editor.tool);
  const { role } = useStore(editor.session.status);
  const names = role === "reader" ? LOOKING : TOOL_NAMES;
  const active = names.includes(picked) ? picked : "select";
  const bar = useRef<HTMLDivElement>(null);

  const walk = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0 || !bar.current) return;
    const buttons = [...bar.current.querySelectorAll("button")];
    const at = document.activeElement instanceof HTMLButtonElement ? buttons.indexOf(document.activeElement) : -1;
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  };

  return (
    <div className="panel toolbar" role="toolbar" aria-label="Tools" ref={bar} onKeyDown={walk}>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          className="tool"
          aria-pressed={name === active}
          aria-keyshortcuts={TOOL_KEYS[name]}
          aria-label={TOOL_LABELS[name]}
          title={`${TOOL_LABELS[name]} — ${TOOL_KEYS[name]}`}
          tabIndex={name === active ? 0 : -1}
          onClick={() => editor.pick(name)}
        >
          <Icon name={name} />
          <span className="key" aria-hidden="true">
            {TOOL_KEYS[name]}
          </span>
        </button>
      ))}
    </div>
  );
}
