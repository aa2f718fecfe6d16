import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
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
  const mayWrite = useStore(editor.mayWrite);
  const names = mayWrite ? TOOL_NAMES : LOOKING;
  const active = names.includes(picked) ? picked : "select";
  const bar = useRef<HTMLDivElement>(null);
  /** The tool that has, or had, the focus: Tab comes back to it. */
  const [visited, setVisited] = useState<ToolName | null>(null);
  const stop = visited && names.includes(visited) ? visited : active;

  const walk = (event: KeyboardEvent): void => {
    const to = target(event.key, names.indexOf(stop), names.length);
    if (to === null) return;
    bar.current?.querySelectorAll("button")[to]?.focus();
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
          tabIndex={name === stop ? 0 : -1}
          onFocus={() => setVisited(name)}
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

/** Where a key leads in a row of `count`; null for keys that lead nowhere. */
function target(key: string, from: number, count: number): number | null {
  switch (key) {
    case "ArrowRight":
      return (from + 1) % count;
    case "ArrowLeft":
      return (from - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
