import { type ReactNode, useEffect, useId, useRef } from "react";
import type { Editor } from "../editor.ts";
import { SHORTCUTS } from "../shortcuts.ts";
import { Icon } from "./icons.tsx";

/** The sheet of shortcuts. A native dialog: focus stays in it, Escape closes it, the page behind is inert. */
export function Shortcuts({ editor }: { readonly editor: Editor }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const close = (): void => editor.sheet.set(false);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the sheet closes it; for the keyboard there is Escape
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby={title}
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div className="sheet-body">
        <h2 id={title}>Keyboard shortcuts</h2>
        <button type="button" className="corner" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
        <div className="sheet-groups">
          {SHORTCUTS.map((group) => (
            <section key={group.name} aria-label={group.name}>
              <h3>{group.name}</h3>
              <dl>
                {group.shortcuts.map((shortcut) => (
                  <div key={shortcut.does} className="sheet-row">
                    <dt>{shortcut.does}</dt>
                    <dd>
                      {shortcut.keys.map((keys) => (
                        <span key={keys.join(" ")} className="chord">
                          {keys.map((key) => (
                            <kbd key={key}>{key}</kbd>
                          ))}
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </div>
    </dialog>
  );
}
