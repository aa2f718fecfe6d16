/** What this browser keeps for the next visit. Storage may be full or forbidden: then it lasts as long as the tab. */
export function recall(key: string): string | null {
  return guarded(() => window.localStorage.getItem(key), null);
}

export function remember(key: string, value: string): void {
  guarded(() => window.localStorage.setItem(key, value), undefined);
}

function guarded<T>(access: () => T, otherwise: T): T {
  try {
    return access();
  } catch (problem) {
    if (problem instanceof DOMException) return otherwise;
    throw problem;
  }
}
