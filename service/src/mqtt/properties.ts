import type { MqttDetails } from "../core/payload.ts";
import { propertyPairs, type UserProperties } from "./packets.ts";

/** The properties of one packet as the packet library read them: values may be of any type, or repeat. */
export type Found = Readonly<Record<string, unknown>> | undefined;

/** Thrown nowhere: stands for a property that repeats or is not what it should be. */
export const wrong = "wrong";

export function numberOf(found: Found, name: string): number | undefined | typeof wrong {
  const value = found?.[name];
  if (value === undefined) return undefined;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : wrong;
}

export function textOf(found: Found, name: string): string | undefined | typeof wrong {
  const value = found?.[name];
  if (value === undefined) return undefined;
  return typeof value === "string" && value !== wrong ? value : wrong;
}

export function pairsOf(found: Found): UserProperties {
  const value = found?.["userProperties"];
  return typeof value === "object" && value !== null ? propertyPairs(value as Record<string, string | string[]>) : [];
}

/** What a PUBLISH, or a will, has besides topic and data. Undefined when a property is wrong. */
export function detailsOf(found: Found, qos: 0 | 1 | 2): MqttDetails | undefined {
  const contentType = textOf(found, "contentType");
  const responseTopic = textOf(found, "responseTopic");
  const correlationData = found?.["correlationData"];
  const userProperties = pairsOf(found);
  const payloadFormatIndicator = found?.["payloadFormatIndicator"];
  if (contentType === wrong || responseTopic === wrong) return undefined;
  if (correlationData !== undefined && !(correlationData instanceof Uint8Array)) return undefined;
  if (payloadFormatIndicator !== undefined && typeof payloadFormatIndicator !== "boolean") return undefined;
  return {
    qos,
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData: Buffer.from(correlationData) }),
    ...(payloadFormatIndicator === undefined ? {} : { payloadFormatIndicator }),
    ...(userProperties.length === 0 ? {} : { userProperties }),
  };
}
