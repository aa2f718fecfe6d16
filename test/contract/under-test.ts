import type { StoreUnderTest } from "./document-store.ts";

/** A store over one place, as the contract wants it. `make` is called again for each reopening. */
export async function underTest(
  make: (now: () => number) => StoreUnderTest["store"],
  remove: () => Promise<void> = async () => undefined,
): Promise<StoreUnderTest> {
  const clock = { nowMs: 1_700_000_000_000 };
  const opened = async () => {
    const store = make(() => clock.nowMs);
    await store.open();
    return store;
  };
  const store = await opened();
  let current = store;
  return {
    store,
    clock,
    async reopen() {
      await current.close();
      current = await opened();
      return current;
    },
    async close() {
      await store.close();
      await current.close();
      await remove();
    },
  };
}
