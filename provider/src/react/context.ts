import { type Context, createContext, useContext } from "react";
import type { WebPubSubProvider } from "../provider.ts";

/** For a provider made elsewhere: `<WebPubSubProviderContext.Provider value={provider}>`. It is neither connected nor destroyed. */
export const WebPubSubProviderContext: Context<WebPubSubProvider | null> = createContext<WebPubSubProvider | null>(
  null,
);

/** The provider of the nearest `YDocProvider` or `WebPubSubProviderContext`; throws where there is none. */
export function useProvider(): WebPubSubProvider {
  const provider = useContext(WebPubSubProviderContext);
  if (provider === null) throw new Error("No provider here. Put a <YDocProvider> around the component that uses it.");
  return provider;
}
