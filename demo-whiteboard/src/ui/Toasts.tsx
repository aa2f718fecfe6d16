import type { ReactNode } from "react";
import type { Editor } from "../editor.ts";
import { useStore } from "./useStore.ts";

/** News for the eye, above the tools, and for the ear in one polite live region. */
export function Toasts({ editor }: { readonly editor: Editor }): ReactNode {
  const toasts = useStore(editor.toasts.list);
  const notice = useStore(editor.notice);
  return (
    <>
      <ul className="toasts" aria-label="News">
        {toasts.map(({ id, text, action }) => (
          <li key={id} className="panel toast">
            <span>{text}</span>
            {action && (
              <button
                type="button"
                className="toast-action"
                onClick={() => {
                  editor.toasts.dismiss(id);
                  action.act();
                }}
              >
                {action.label}
              </button>
            )}
          </li>
        ))}
      </ul>
      <div className="hidden" aria-live="polite" data-notice>
        {notice}
      </div>
    </>
  );
}
